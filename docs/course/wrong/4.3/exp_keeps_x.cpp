// says: exp(x) keeps 0 tensors, and you say 1
// looks like: the slope of eˣ is computed from y, not from x
#include "course.h"

std::vector<int> tensors_kept() { return {0, 2, 1, 1, 1}; }
