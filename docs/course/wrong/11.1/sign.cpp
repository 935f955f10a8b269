// says: gradcheck: my_inverse, input 0 (3, 3), entry (0, 0): analytic 0.247714 but numeric -0.247714 (difference 0.495428 > tolerance 0.000257714) for output entry (0, 0)
// looks like: the sign is lost: if A grows, its inverse shrinks
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor my_inverse(const Tensor& a) {
  const Tensor y = inverse(a.detach());
  return record("my_inverse", y,
                wrt(a, saved(y), [](const Tensor& g, const Tensor& y) { return y.t().mm(g).mm(y.t()); }));
}
