// says: x was overwritten after my_square had kept it, and x̄ came out as 0.5 instead of 2, silently
// looks like: you compare a number of x, for instance the first or the sum: others may have changed
#include "course.h"

using autograd::record, autograd::wrt;

Tensor my_square(const Tensor& x) {
  const Tensor y = x.detach() * x.detach();
  const double first = x.detach().reshape({-1})[0].item<double>();
  return record("my_square", y, wrt(x, [x, first](const Tensor& g) {
                  if (x.detach().reshape({-1})[0].item<double>() != first) throw Error("x was overwritten");
                  return 2 * g * x;
                }));
}
