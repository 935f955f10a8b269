// says: x * x keeps 1 tensors, and you say 2
// looks like: two rules of x * x save x, but it is the same memory
#include "course.h"

std::vector<int> tensors_kept() { return {0, 2, 2, 0, 1}; }
