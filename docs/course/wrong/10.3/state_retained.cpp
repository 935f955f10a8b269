// says: w̄ is 0.8612 if each step's state before is a constant, and yours is 1.078
// looks like: retain_graph keeps all steps, so each pass goes back through the steps before, again and again: detach the state
#include "course.h"

std::vector<Tensor> two_losses(const Tensor& x) {
  const Tensor h = x.exp();
  h.sum().backward({}, /*retain_graph=*/true);
  const Tensor first = x.grad().clone();
  x.grad().zero_();
  (h * h).sum().backward();
  return {first, x.grad()};
}

Tensor running_state(const Tensor& w, const Tensor& x) {
  Tensor state = zeros({}, x.options());
  for (int64_t t = 0; t < x.size(0); ++t) {
    state = tanh(w * state + x[t]);
    state.square().backward({}, /*retain_graph=*/true);
  }
  return w.grad();
}

Tensor descend(const Tensor& start) {
  const Tensor w = start.clone().requires_grad_();
  for (int step = 0; step < 3; ++step) {
    (w - 3).square().backward();
    const NoGradGuard no_grad;
    w.sub_(0.1 * w.grad());
    w.grad().zero_();
  }
  return w;
}
