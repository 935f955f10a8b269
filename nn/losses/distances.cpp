#include "nn/losses/distances.h"

namespace gradus {

using nn::check_loss_sizes, nn::reduce_losses;

Tensor l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction) {
  check_loss_sizes("l1_loss", x, y);
  return reduce_losses("l1_loss", (x - y).abs(), reduction);
}

Tensor smooth_l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction, double beta) {
  check(beta >= 0, "smooth_l1_loss: beta must not be negative, got ", beta);
  if (beta == 0) return l1_loss(x, y, reduction);
  check_loss_sizes("smooth_l1_loss", x, y);
  const Tensor d = (x - y).abs();
  return reduce_losses("smooth_l1_loss", where(d < beta, d.square() * (0.5 / beta), d - 0.5 * beta),
                       reduction);
}

Tensor huber_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction, double delta) {
  check(delta > 0, "huber_loss: delta must be positive, got ", delta);
  check_loss_sizes("huber_loss", x, y);
  const Tensor d = (x - y).abs();
  return reduce_losses("huber_loss", where(d <= delta, d.square() * 0.5, (d - 0.5 * delta) * delta),
                       reduction);
}

}  // namespace gradus
