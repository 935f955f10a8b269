// says: element 0 of tensors does not require grad and does not have a grad_fn
// looks like: detach cuts e^x off from x: the second loss no longer depends on x
#include "course.h"

std::vector<Tensor> two_losses(const Tensor& x) {
  const Tensor h = x.exp();
  h.sum().backward();
  const Tensor first = x.grad().clone();
  x.grad().zero_();
  (h.detach() * h.detach()).sum().backward();
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
  for (int step = 0; step < 3; ++step) {
    (w - 3).square().backward();
    const NoGradGuard no_grad;
    w.sub_(0.1 * w.grad());
    w.grad().zero_();
  }
  return w;
}
