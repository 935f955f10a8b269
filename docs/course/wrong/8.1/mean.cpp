// says: step 1: x is -0.1, and yours is -0.01
// looks like: a mean of the gradients, (1 - momentum) · gradient: its steps are ten times shorter
#include "course.h"

void momentum_step(Tensor& x, Tensor& v, const Tensor& gradient, double lr, double momentum) {
  v.mul_(momentum).add_((1 - momentum) * gradient);
  x.sub_(lr * v);
}
