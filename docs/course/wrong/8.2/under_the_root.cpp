// says: gradient 1e-05: the first step is 0.000995, should be 0.00999
// looks like: ε stands under the root, where it counts as 1e-4 and holds back small gradients
#include "course.h"

void adam_step(Tensor& x, Tensor& m, Tensor& v, int t, const Tensor& gradient, double lr) {
  m.mul_(0.9).add_(0.1 * gradient);
  v.mul_(0.999).add_(0.001 * gradient * gradient);
  const Tensor m_hat = m / (1 - std::pow(0.9, t)), v_hat = v / (1 - std::pow(0.999, t));
  x.sub_(lr * m_hat / (v_hat + 1e-8).sqrt());
}
