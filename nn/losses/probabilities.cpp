#include "nn/losses/probabilities.h"

#include "autograd/more_ops/activations.h"
#include "autograd/record.h"

namespace gradus {

using autograd::record, autograd::saved, autograd::wrt;
using nn::check_loss_sizes, nn::reduce_losses;

namespace {

Tensor weighted(const Tensor& losses, const Tensor& weight) {
  return weight.defined() ? losses * weight : losses;
}

Tensor clamped_log(const Tensor& x) { return clamp_min(log(x), -100); }

}  // namespace

// ℓ = -(y ln p + (1 - y) ln(1 - p))        p̄ = ℓ̄ (p - y) / (p (1 - p))        ȳ = ℓ̄ (ln(1 - p) - ln p)
//
// p̄ ignores the clamp of the logarithms, so it is not 0 at p = 0. Its denominator is at least 1e-12.
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight,
                            nn::LossReduction reduction) {
  const std::pair<Tensor, Tensor> both = nn::in_floating_point(input, target);
  const Tensor &p = both.first, &y = both.second;
  check(p.sizes() == y.sizes(), "binary_cross_entropy: the input is ", text(p.sizes()), " and the target ",
        text(y.sizes()), "; they must have one shape");
  check(all((p >= 0) & (p <= 1)).item<bool>(),
        "binary_cross_entropy: all elements of input should be between 0 and 1; ",
        "for logits use binary_cross_entropy_with_logits");
  const auto value = [&] {
    const NoGradGuard no_grad;
    return -(y * clamped_log(p) + (1 - y) * clamped_log(1 - p));
  };
  const Tensor losses = record("binary_cross_entropy", value(),
                               wrt(p, saved(p, y),
                                   [](const Tensor& g, const Tensor& p, const Tensor& y) {
                                     return g * (p - y) / clamp_min(p * (1 - p), 1e-12);
                                   }),
                               wrt(y, saved(p), [](const Tensor& g, const Tensor& p) {
                                 return g * (clamped_log(1 - p) - clamped_log(p));
                               }));
  return reduce_losses("binary_cross_entropy", weighted(losses, weight), reduction);
}

// -(w y ln σ(x) + (1 - y) ln(1 - σ(x))) = (1 - y) x + (1 + (w - 1) y) (-ln σ(x))
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target, const Tensor& weight,
                                        const Tensor& pos_weight, nn::LossReduction reduction) {
  const auto [x, y] = nn::in_floating_point(input, target);
  check(x.sizes() == y.sizes(), "Target size (", IntArrayRef(y.sizes()), ") must be the same as input size (",
        IntArrayRef(x.sizes()), ")");
  Tensor term = -log_sigmoid(x);
  if (pos_weight.defined()) term = term * (1 + (pos_weight - 1) * y);
  return reduce_losses("binary_cross_entropy_with_logits", weighted((1 - y) * x + term, weight), reduction);
}

Tensor kl_div(const Tensor& input, const Tensor& target, nn::LossReduction reduction, bool log_target) {
  check_loss_sizes("kl_div", input, target);
  const auto [x, y] = nn::in_floating_point(input, target);
  // A term is 0 where y = 0, and so is its gradient, also if x = -∞. For y < 0 it is NaN.
  const Tensor none = log_target ? y == -INFINITY : y == 0, ln_y = log_target ? y : log(where(none, 1, y));
  const Tensor losses = (log_target ? exp(y) : y) * where(none, 0, ln_y - x);
  if (reduction == kBatchMean) return losses.sum() / x.size(0);
  return reduce_losses("kl_div", losses, reduction);
}

}  // namespace gradus
