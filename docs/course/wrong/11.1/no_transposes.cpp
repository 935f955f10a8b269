// says: gradcheck: my_inverse, input 0 (3, 3), entry (0, 0): analytic 0.0154497 but numeric 0.0157132 (difference 0.000263496 > tolerance 2.57132e-05) for output entry (0, 1)
// looks like: Ā = -Y Ȳ Y: the transposes are missing, and with a symmetric matrix nobody would notice
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor my_inverse(const Tensor& a) {
  const Tensor y = inverse(a.detach());
  return record("my_inverse", y,
                wrt(a, saved(y), [](const Tensor& g, const Tensor& y) { return -y.mm(g).mm(y); }));
}
