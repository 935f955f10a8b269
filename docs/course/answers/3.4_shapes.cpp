// 3.4  Which shapes fit?                                                                15 minutes, chapter 3
//
// Say for each pair of shapes what a + b has, or that it is an error. No program, no paper: look and decide.
#include "course.h"

/// For each pair the shape of the sum as text, such as "(2, 3)", or "error".
std::vector<std::string> shapes_of_sums() {  // your part
  return {
      "(2, 3)",     //  1. (2, 3) and (3,)
      "error",      //  2. (2, 3) and (2,)
      "(2, 3)",     //  3. (2, 3) and (2, 1)
      "(3, 4)",     //  4. (3, 1) and (1, 4)
      "(3, 3)",     //  5. (3, 1) and (3,)
      "(5, 2, 3)",  //  6. (5, 1, 3) and (2, 1)
      "error",      //  7. (5, 2, 3) and (5, 3)
      "(2, 3)",     //  8. (2, 3) and ()
  };
}
