// says: a gradient of shape () arrived at a leaf (3,): sum only what was stretched
// looks like: gradient.sum() of everything
#include "course.h"

Tensor summed_to(const Tensor& gradient, const std::vector<int64_t>&) { return gradient.sum(); }
