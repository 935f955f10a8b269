// says: x was overwritten, and x̄ came out as 6 all the same: your rule has a copy of x's numbers. Keep x itself, and its version
// looks like: the rule keeps a clone: right, but every op would then need memory for all its inputs once more
#include "course.h"

using autograd::record, autograd::wrt;

Tensor my_square(const Tensor& x) {
  const Tensor copy = x.detach().clone();
  return record("my_square", x.detach() * x.detach(),
                wrt(x, [copy](const Tensor& g) { return 2 * g * copy; }));
}
