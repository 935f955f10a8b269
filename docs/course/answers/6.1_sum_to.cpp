// 6.1  Back to the shape it came from                                                   25 minutes, chapter 6
//
// x + b stretches a bias b of shape (3,) to the shape of x, (8, 3). So the gradient that comes back has the shape (8, 3).
// Bring it to the shape of b.
#include "course.h"

/// `gradient` summed over the dimensions in which `sizes` was stretched to its shape. The result has these sizes.
Tensor summed_to(const Tensor& gradient, const std::vector<int64_t>& sizes) {  // your part
  Tensor result = gradient;
  while (result.dim() > static_cast<int64_t>(sizes.size())) result = result.sum(0);
  for (int64_t d = 0; d < result.dim(); ++d)
    if (sizes[d] == 1) result = result.sum(d, /*keepdim=*/true);
  return result;
}
