// says: gradcheck: inverse, input 0 (2,), entry (0,): analytic 0.25 but numeric -0.25 (difference 0.5 > tolerance 0.00026) for output entry (0,)
// looks like: the sign is lost: 1 / x falls where x grows
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor inverse(const Tensor& x) {
  const Tensor y = 1 / x.detach();
  return record("inverse", y, wrt(x, saved(y), [](const Tensor& g, const Tensor& y) { return g * y * y; }));
}
