// says: gradcheck: cube, input 0 (2,), entry (0,): analytic 12 but numeric 24 (difference 12 > tolerance 0.02401) for output entry (0,)
// looks like: the rule returns dy/dx and not ȳ dy/dx (it passes where cube comes last)
#include "course.h"

Tensor cube(const Tensor& x) {
  const Tensor z = x.detach();
  return autograd::record(
      "cube", z * z * z,
      autograd::wrt(x, autograd::saved(x), [](const Tensor&, const Tensor& x) { return 3 * x * x; }));
}
