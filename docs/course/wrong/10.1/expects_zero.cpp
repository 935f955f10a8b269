// says: x was written into before my_square used it, which is allowed, and yet: x was overwritten
// looks like: the version need not be 0 when the op runs: what counts is whether it changes afterwards
#include "course.h"

using autograd::record, autograd::wrt;

Tensor my_square(const Tensor& x) {
  return record("my_square", x.detach() * x.detach(), wrt(x, [x](const Tensor& g) {
                  if (x._version() != 0) throw Error("x was overwritten");
                  return 2 * g * x;
                }));
}
