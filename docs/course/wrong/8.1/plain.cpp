// says: step 2: x is -0.29, and yours is -0.2
// looks like: x - lr · gradient: the velocity plays no part in it
#include "course.h"

void momentum_step(Tensor& x, Tensor& v, const Tensor& gradient, double lr, double momentum) {
  v.mul_(momentum).add_(gradient);
  x.sub_(lr * gradient);
}
