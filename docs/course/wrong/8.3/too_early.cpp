// says: after 1 step with momentum 0.5: x is 1.8, and yours is 1.9
// looks like: the velocity is made smaller before the step, so the new gradient is, too
#include "course.h"

double secret_momentum() { return 1; }

void descend(Tensor& x, const std::function<Tensor()>& loss, double lr, double momentum, int steps) {
  for (int step = 0; step < steps; ++step) {
    loss().backward();
    const NoGradGuard no_grad;
    x.grad().mul_(momentum);
    x -= lr * x.grad();
  }
}
