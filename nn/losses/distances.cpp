#include "nn/losses/distances.h"

#include "autograd/ops/pointwise.h"

namespace gradus::nn {

std::pair<Tensor, Tensor> in_floating_point(const Tensor& x, const Tensor& y) {
  const Tensor a = y.is_floating_point() && !x.is_floating_point() ? x.to(y.dtype()) : as_floating_point(x);
  return {a, y.is_floating_point() ? y : y.to(a.dtype())};
}

}  // namespace gradus::nn

namespace gradus {

using nn::reduce_losses;

/// |x - y|
static Tensor distance(const char* op, const Tensor& x, const Tensor& y) {
  nn::check_loss_sizes(op, x, y);
  const auto [a, b] = nn::in_floating_point(x, y);
  return (a - b).abs();
}

Tensor l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction) {
  return reduce_losses("l1_loss", distance("l1_loss", x, y), reduction);
}

Tensor smooth_l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction, double beta) {
  check(beta >= 0, "smooth_l1_loss: beta must not be negative, got ", beta);
  if (beta == 0) return l1_loss(x, y, reduction);
  const Tensor d = distance("smooth_l1_loss", x, y);
  return reduce_losses("smooth_l1_loss", where(d < beta, d.square() * (0.5 / beta), d - 0.5 * beta),
                       reduction);
}

Tensor huber_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction, double delta) {
  check(delta > 0, "huber_loss: delta must be positive, got ", delta);
  const Tensor d = distance("huber_loss", x, y);
  return reduce_losses("huber_loss", where(d <= delta, d.square() * 0.5, (d - 0.5 * delta) * delta),
                       reduction);
}

}  // namespace gradus
