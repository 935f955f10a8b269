// says: x was overwritten after my_square had kept it, and x̄ came out as 9 instead of 6, silently
// looks like: nothing compares the versions, or both are read in the rule, where it is too late
#include "course.h"

using autograd::record, autograd::wrt;

Tensor my_square(const Tensor& x) {
  return record("my_square", x.detach() * x.detach(), wrt(x, [x](const Tensor& g) {
                  const uint32_t version = x._version();
                  if (x._version() != version) throw Error("x was overwritten");
                  return 2 * g * x;
                }));
}
