// says: step 1: x is -0.1, and yours is 0
// looks like: x moves before the velocity has got the new gradient: one step behind
#include "course.h"

void momentum_step(Tensor& x, Tensor& v, const Tensor& gradient, double lr, double momentum) {
  x.sub_(lr * v);
  v.mul_(momentum).add_(gradient);
}
