// 8.3  The loop that forgets                                                            15 minutes, chapter 8
//
// A loop calls backward() and steps, and it never clears the gradients. It does not stop working. It has become another
// optimiser: SGD with momentum. Which momentum is it? Then use this on purpose, as labs/svd.h does.
#include "course.h"

/// The momentum of the SGD that a plain loop without zero_grad secretly is.
double secret_momentum() {  // your part
  return 1;
}

/// `steps` steps of gradient descent on loss(), a function of x, with momentum. There is no optimiser and no tensor for
/// the velocity: it stays in x.grad(), to which backward() adds. x.grad() is undefined before the first step.
void descend(Tensor& x, const std::function<Tensor()>& loss, double lr, double momentum,
             int steps) {  // your part
  for (int step = 0; step < steps; ++step) {
    loss().backward();
    const NoGradGuard no_grad;
    x -= lr * x.grad();
    x.grad().mul_(momentum);
  }
}
