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

/// x - y, in floating point.
static Tensor difference(const char* op, const Tensor& x, const Tensor& y) {
  nn::check_loss_sizes(op, x, y);
  const auto [a, b] = nn::in_floating_point(x, y);
  return a - b;
}

// ℓ = s d² / 2δ where |d| ≤ δ, else s (|d| - δ / 2)        d̄ = ℓ̄ s d / δ, with d kept within [-δ, δ]
//
// d² is computed from d limited to [-δ, δ]. So it cannot overflow where the other branch is chosen.
static Tensor quadratic_near_zero(const char* op, const Tensor& difference, double delta, double s) {
  const Tensor size = difference.detach().abs();
  const Tensor losses =
      where(size <= delta, square(clamp_max(size, delta)) * (0.5 * s / delta), (size - 0.5 * delta) * s);
  return autograd::record(
      op, losses,
      autograd::wrt(difference, autograd::saved(difference), [delta, s](const Tensor& g, const Tensor& d) {
        return g * (clamp(d, -delta, delta) * (s / delta));
      }));
}

Tensor l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction) {
  return reduce_losses("l1_loss", difference("l1_loss", x, y).abs(), reduction);
}

Tensor smooth_l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction, double beta) {
  check(beta >= 0, "smooth_l1_loss: beta must not be negative, got ", beta);
  if (beta == 0) return l1_loss(x, y, reduction);
  return reduce_losses("smooth_l1_loss",
                       quadratic_near_zero("smooth_l1_loss", difference("smooth_l1_loss", x, y), beta, 1),
                       reduction);
}

Tensor huber_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction, double delta) {
  check(delta > 0, "huber_loss: delta must be positive, got ", delta);
  return reduce_losses("huber_loss",
                       quadratic_near_zero("huber_loss", difference("huber_loss", x, y), delta, delta),
                       reduction);
}

}  // namespace gradus
