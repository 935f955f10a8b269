// says: gradcheck: cube, input 0 (), entry (): analytic 192 but numeric 12 (difference 180 > tolerance 0.01201) for output entry ()
// looks like: 3 y² instead of 3 x²: you saved the result and took it for the input
#include "course.h"

Tensor cube(const Tensor& x) {
  const Tensor z = x.detach(), y = z * z * z;
  return autograd::record(
      "cube", y,
      autograd::wrt(x, autograd::saved(y), [](const Tensor& g, const Tensor& y) { return g * (3 * y * y); }));
}
