// says: a leaf Variable that requires grad is being used in an in-place operation (sub_); write under NoGradGuard, or into a clone()
// looks like: x is changed while recording is on: the step itself would be on the tape. A NoGradGuard is missing
#include "course.h"

double secret_momentum() { return 1; }

void descend(Tensor& x, const std::function<Tensor()>& loss, double lr, double momentum, int steps) {
  for (int step = 0; step < steps; ++step) {
    loss().backward();
    x -= lr * x.grad();
    x.grad().mul_(momentum);
  }
}
