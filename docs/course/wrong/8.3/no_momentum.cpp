// says: after 5 steps of rate 0.1 on x² / 2 the loop that forgets is at -0.1771. SGD with momentum 0 is at 0.5905
// looks like: you said that nothing is kept; but backward() adds to what is there
#include "course.h"

double secret_momentum() { return 0; }

void descend(Tensor& x, const std::function<Tensor()>& loss, double lr, double momentum, int steps) {
  for (int step = 0; step < steps; ++step) {
    loss().backward();
    const NoGradGuard no_grad;
    x -= lr * x.grad();
    x.grad().mul_(momentum);
  }
}
