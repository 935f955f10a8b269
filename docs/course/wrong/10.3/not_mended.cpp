// says: Trying to backward through the graph a second time: the tensors that exp saved have been freed; call backward(…, retain_graph = true) the first time
// looks like: two losses share e^x, and the first pass has freed it: keep the graph for the second
#include "course.h"

std::vector<Tensor> two_losses(const Tensor& x) {
  const Tensor h = x.exp();
  h.sum().backward();
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
  for (int step = 0; step < 3; ++step) {
    (w - 3).square().backward();
    const NoGradGuard no_grad;
    w.sub_(0.1 * w.grad());
    w.grad().zero_();
  }
  return w;
}
