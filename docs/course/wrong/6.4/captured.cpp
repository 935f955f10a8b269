// says: gradgradcheck: inverse, input 0 (2,), entry (0,): analytic 0 but numeric 0.165338 (difference 0.165338 > tolerance 0.000175338) for the gradient of input 0, entry (0,)
// looks like: the rule captures y or detaches it: then y is a constant there, and ȳ y² no longer depends on x
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor inverse(const Tensor& x) {
  const Tensor y = 1 / x.detach(), z = y.detach();
  return record("inverse", y, wrt(x, [z](const Tensor& g) { return -g * z * z; }));
}
