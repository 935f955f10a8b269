// says: the net came in evaluation mode, and is in training mode now
// looks like: train() at the end, even for a net that came in evaluation mode
#include "course.h"

double accuracy_of(nn::Sequential& net, const Tensor& x, const Tensor& y) {
  const NoGradGuard no_grad;
  net->eval();
  const Tensor right = net->forward(x).argmax(1) == y;
  net->train();
  return right.to(kFloat64).mean().item<double>();
}
