// says: x + w keeps 0 tensors, and you say 2
// looks like: you think that every op keeps its inputs: it keeps what its rules use
#include "course.h"

std::vector<int> tensors_kept() { return {2, 2, 1, 1, 1}; }
