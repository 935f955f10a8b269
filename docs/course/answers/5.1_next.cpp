// 5.1  Which node next?                                                                 30 minutes, chapter 5
//
// scalar.h has an engine of 60 lines for a tape of numbers. It takes a node, passes its gradient on to its inputs, and
// repeats this until no node waits. It takes each node once. One function is missing: which node is next?
#include "scalar.h"

#include "course.h"

/// Chooses one of the nodes in `waiting`: these have received a gradient and have not been taken. They are listed in
/// the order in which their first gradient came. The numbers are those of the tape: an op's inputs have smaller ones.
int next_node(const std::vector<int>& waiting) {  // your part
  return *std::max_element(waiting.begin(), waiting.end());
}
