// says: a gradient of shape (4, 3) arrived at a leaf (4, 1): sum only what was stretched
// looks like: the added dimensions are summed, but those of size 1 were stretched, too
#include "course.h"

Tensor summed_to(const Tensor& gradient, const std::vector<int64_t>& sizes) {
  Tensor result = gradient;
  while (result.dim() > static_cast<int64_t>(sizes.size())) result = result.sum(0);
  return result;
}
