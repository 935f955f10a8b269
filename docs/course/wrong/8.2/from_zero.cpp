// says: gradient 2: the first step is nan, should be 0.01
// looks like: t counts from 0 in your formula: at the first step 1 - β⁰ is 0
#include "course.h"

void adam_step(Tensor& x, Tensor& m, Tensor& v, int t, const Tensor& gradient, double lr) {
  m.mul_(0.9).add_(0.1 * gradient);
  v.mul_(0.999).add_(0.001 * gradient * gradient);
  const Tensor m_hat = m / (1 - std::pow(0.9, t - 1)), v_hat = v / (1 - std::pow(0.999, t - 1));
  x.sub_(lr * m_hat / (v_hat.sqrt() + 1e-8));
}
