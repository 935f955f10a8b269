// says: gradient 2: the first step is 0.03162, should be 0.01
// looks like: m and v begin at zero, so at first they are too small, and not by the same factor: correct both
#include "course.h"

void adam_step(Tensor& x, Tensor& m, Tensor& v, int, const Tensor& gradient, double lr) {
  m.mul_(0.9).add_(0.1 * gradient);
  v.mul_(0.999).add_(0.001 * gradient * gradient);
  x.sub_(lr * m / (v.sqrt() + 1e-8));
}
