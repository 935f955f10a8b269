// says: gradcheck: log_sum_exp, input 0 (2, 3), entry (0, 0): analytic 1 but numeric 0.449831 (difference 0.550169 > tolerance 0.000459831) for output entry (0,)
// looks like: x is detached under the sum and m is not: the whole gradient goes to the largest x
#include "course.h"

Tensor log_sum_exp(const Tensor& x) {
  const Tensor m = x.amax(1, /*keepdim=*/true);
  return (m + (x - m).detach().exp().sum(1, /*keepdim=*/true).log()).squeeze(1);
}
