// says: eight rows of ones, each stretched from b: b̄ is 8 8 8, and yours is 1 1 1
// looks like: one row is kept and the others are dropped
#include "course.h"

Tensor summed_to(const Tensor& gradient, const std::vector<int64_t>& sizes) {
  Tensor result = gradient;
  while (result.dim() > static_cast<int64_t>(sizes.size())) result = result[0];
  for (int64_t d = 0; d < result.dim(); ++d)
    if (sizes[d] == 1) result = result.slice(d, 0, 1);
  return result;
}
