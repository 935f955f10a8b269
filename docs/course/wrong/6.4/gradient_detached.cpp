// says: gradgradcheck: inverse, grad_output 0 (2,), entry (0,): analytic 0 but numeric -0.25 (difference 0.25 > tolerance 0.00026) for the gradient of input 0, entry (0,)
// looks like: ȳ is detached in the rule: the second derivative also goes through ȳ
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor inverse(const Tensor& x) {
  const Tensor y = 1 / x.detach();
  return record("inverse", y,
                wrt(x, saved(y), [](const Tensor& g, const Tensor& y) { return -g.detach() * y * y; }));
}
