// says: gradient 2: the first step is 0.3162, should be 0.01
// looks like: m is corrected and v is not: at first v is a thousandth of what it should be
#include "course.h"

void adam_step(Tensor& x, Tensor& m, Tensor& v, int t, const Tensor& gradient, double lr) {
  m.mul_(0.9).add_(0.1 * gradient);
  v.mul_(0.999).add_(0.001 * gradient * gradient);
  x.sub_(lr * (m / (1 - std::pow(0.9, t))) / (v.sqrt() + 1e-8));
}
