// says: after 2 steps with momentum 0.5: x is 1.52, and yours is 1.62
// looks like: the gradient is cleared in each step: plain descent
#include "course.h"

double secret_momentum() { return 1; }

void descend(Tensor& x, const std::function<Tensor()>& loss, double lr, double, int steps) {
  for (int step = 0; step < steps; ++step) {
    loss().backward();
    const NoGradGuard no_grad;
    x -= lr * x.grad();
    x.grad().zero_();
  }
}
