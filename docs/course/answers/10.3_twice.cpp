// 10.3  Backward, a second time                                                         25 minutes, chapter 10
//
// Three programs, and all three end with "Trying to backward through the graph a second time". Each needs another cure.
// Write them so that they work.
//
//     two_losses                             running_state                        descend
//
//     Tensor h = x.exp();                    Tensor state = zeros({});            Tensor w = start.clone()
//     h.sum().backward();                    for (each number of x) {                           .requires_grad_();
//     Tensor first = x.grad().clone();         state = tanh(w * state + number);  Tensor loss = (w - 3).square();
//     x.grad().zero_();                        state.square().backward();         for (three steps) {
//     (h * h).sum().backward();              }                                      loss.backward();
//     return {first, x.grad()};              return w.grad();                       NoGradGuard no_grad;
//                                                                                   w -= 0.1 * w.grad();
//                                                                                   w.grad().zero_();
//                                                                                 }
//                                                                                 return w;
#include "course.h"

/// The gradients by x of Σ e^x and of Σ (e^x)², each alone. x requires grad and has no .grad yet.
std::vector<Tensor> two_losses(const Tensor& x) {  // your part
  const Tensor h = x.exp();
  h.sum().backward({}, /*retain_graph=*/true);
  const Tensor first = x.grad().clone();
  x.grad().zero_();
  (h * h).sum().backward();
  return {first, x.grad()};
}

/// The sum over all steps of the gradient of state² by w, where the state before the step counts as a constant. x is a
/// vector; w requires grad and has no .grad yet.
Tensor running_state(const Tensor& w, const Tensor& x) {  // your part
  Tensor state = zeros({}, x.options());
  for (int64_t t = 0; t < x.size(0); ++t) {
    state = tanh(w * state.detach() + x[t]);
    state.square().backward();
  }
  return w.grad();
}

/// Where three steps of gradient descent lead, with the learning rate 0.1, on (w - 3)².
Tensor descend(const Tensor& start) {  // your part
  const Tensor w = start.clone().requires_grad_();
  for (int step = 0; step < 3; ++step) {
    (w - 3).square().backward();
    const NoGradGuard no_grad;
    w.sub_(0.1 * w.grad());
    w.grad().zero_();
  }
  return w;
}
