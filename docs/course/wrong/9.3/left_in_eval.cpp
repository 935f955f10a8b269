// says: the net came in training mode, and is in evaluation mode now
// looks like: eval() and nothing after it: from now on, training goes on without dropout
#include "course.h"

double accuracy_of(nn::Sequential& net, const Tensor& x, const Tensor& y) {
  const NoGradGuard no_grad;
  net->eval();
  const Tensor right = net->forward(x).argmax(1) == y;
  return right.to(kFloat64).mean().item<double>();
}
