// says: three steps lead from 0 to 1.464, and yours to 1.8
// looks like: the loss is computed once, so its gradient is that of the first step for ever: compute it anew
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
    state = tanh(w * state.detach() + x[t]);
    state.square().backward();
  }
  return w.grad();
}

Tensor descend(const Tensor& start) {
  const Tensor w = start.clone().requires_grad_();
  const Tensor loss = (w - 3).square();
  for (int step = 0; step < 3; ++step) {
    loss.backward({}, /*retain_graph=*/true);
    const NoGradGuard no_grad;
    w.sub_(0.1 * w.grad());
    w.grad().zero_();
  }
  return w;
}
