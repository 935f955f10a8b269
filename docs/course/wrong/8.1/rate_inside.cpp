// says: step 4, the first with a tenth of the rate: x is -0.59539, and yours is -0.8149
// looks like: the rate is a part of the velocity: the same as long as the rate does not change
#include "course.h"

void momentum_step(Tensor& x, Tensor& v, const Tensor& gradient, double lr, double momentum) {
  v.mul_(momentum).add_(lr * gradient);
  x.sub_(v);
}
