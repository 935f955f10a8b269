// says: step 1: x is 0.01 0.01 0.00999995 0.01 -0.01 -0.01, and yours is 0.00193152 0.0126093 4.23215e-06 0.0209029 -9.14393e-05 -0.000578655
// looks like: one v for the whole tensor: each entry has its own
#include "course.h"

void adam_step(Tensor& x, Tensor& m, Tensor& v, int t, const Tensor& gradient, double lr) {
  m.mul_(0.9).add_(0.1 * gradient);
  v.mul_(0.999).add_(0.001 * (gradient * gradient).mean());
  const Tensor m_hat = m / (1 - std::pow(0.9, t)), v_hat = v / (1 - std::pow(0.999, t));
  x.sub_(lr * m_hat / (v_hat.sqrt() + 1e-8));
}
