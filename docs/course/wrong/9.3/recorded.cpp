// says: the ops were recorded, and nobody will ask for a gradient: NoGradGuard
// looks like: the modes are right; but every op has been put on a tape
#include "course.h"

double accuracy_of(nn::Sequential& net, const Tensor& x, const Tensor& y) {
  const bool was_training = net->is_training();
  net->eval();
  const Tensor right = net->forward(x).argmax(1) == y;
  net->train(was_training);
  return right.to(kFloat64).mean().item<double>();
}
