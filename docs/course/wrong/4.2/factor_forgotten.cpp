// says: gradcheck: cube, input 0 (), entry (): analytic 4 but numeric 12 (difference 8 > tolerance 0.01201) for output entry ()
// looks like: the derivative of x³ is 3 x², and yours lacks the 3
#include "course.h"

Tensor cube(const Tensor& x) {
  const Tensor z = x.detach();
  return autograd::record(
      "cube", z * z * z,
      autograd::wrt(x, autograd::saved(x), [](const Tensor& g, const Tensor& x) { return g * x * x; }));
}
