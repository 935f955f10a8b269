// says: eight rows of ones, each stretched from b: b̄ is 8 8 8, and yours is 1 1 1
// looks like: the mean instead of the sum: every row that used b adds to its gradient
#include "course.h"

Tensor summed_to(const Tensor& gradient, const std::vector<int64_t>& sizes) {
  Tensor result = gradient;
  while (result.dim() > static_cast<int64_t>(sizes.size())) result = result.mean(0);
  for (int64_t d = 0; d < result.dim(); ++d)
    if (sizes[d] == 1) result = result.mean(d, /*keepdim=*/true);
  return result;
}
