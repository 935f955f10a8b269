// says: the second gradient is 2.25975 3.13383 3.19521, and yours is 3.3227 4.3856 4.45917
// looks like: the second gradient was added to the first: clear .grad between the passes
#include "course.h"

std::vector<Tensor> two_losses(const Tensor& x) {
  const Tensor h = x.exp();
  h.sum().backward({}, /*retain_graph=*/true);
  const Tensor first = x.grad().clone();
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
  for (int step = 0; step < 3; ++step) {
    (w - 3).square().backward();
    const NoGradGuard no_grad;
    w.sub_(0.1 * w.grad());
    w.grad().zero_();
  }
  return w;
}
