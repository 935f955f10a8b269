// 4.3  What does the tape keep alive?                                                   20 minutes, chapter 4
//
// x and w are tensors of a million numbers, 4 MB each, and both require grad. After y = op(x, w) your program forgets x,
// w and all else that it has, except y. How many tensors of 4 MB stay in memory because a rule will need them? y itself
// does not count. Say it for each of the five ops before you run the check. It measures.
#include "course.h"

/// One number for each op.
std::vector<int> tensors_kept() {  // your part
  return {
      0,  // 1. x + w
      2,  // 2. x * w
      1,  // 3. x * x
      0,  // 4. exp(x): its rule needs y, which does not count
      1,  // 5. sin(x)
  };
}
