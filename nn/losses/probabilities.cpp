#include "nn/losses/probabilities.h"

#include <limits>

#include "autograd/more_ops/activations.h"
#include "autograd/record.h"
#include "tensor/create.h"

namespace gradus {

using autograd::record, autograd::saved, autograd::wrt;
using nn::check_loss_sizes, nn::reduce_losses;

namespace {

Tensor weighted(const Tensor& losses, const Tensor& weight) {
  return weight.defined() ? losses * weight : losses;
}

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
  host_work(kernels_of(p), "binary_cross_entropy", [p] {
    check(all((p >= 0) & (p <= 1)).item<bool>(),
          "binary_cross_entropy: all elements of input should be between 0 and 1; ",
          "for logits use binary_cross_entropy_with_logits");
  });
  const auto value = [&] {
    const NoGradGuard no_grad;
    return -(y * clamp_min(log(p), -100) + (1 - y) * clamp_min(log1p(-p), -100));
  };
  const Tensor losses = record("binary_cross_entropy", value(),
                               wrt(p, saved(p, y),
                                   [](const Tensor& g, const Tensor& p, const Tensor& y) {
                                     return g * (p - y) / clamp_min(p * (1 - p), 1e-12);
                                   }),
                               wrt(y, saved(p), [](const Tensor& g, const Tensor& p) {
                                 return g * (clamp_min(log1p(-p), -100) - clamp_min(log(p), -100));
                               }));
  return reduce_losses("binary_cross_entropy", weighted(losses, weight), reduction);
}

// ℓ = w y s(-x) + (1 - y) s(x)  with s(x) = ln(1 + eˣ) = -ln σ(-x)
//
// x̄ = ℓ̄ ((1 - y) σ(x) - w y σ(-x))        ȳ = ℓ̄ (w s(-x) - s(x))        w̄ = ℓ̄ y s(-x)
//
// No term is subtracted from one of the same size: a loss of 1e-9 keeps all its digits, and so does its slope. (σ(x) - y
// would be 0 at x = 20, y = 1.)
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target, const Tensor& weight,
                                        const Tensor& pos_weight, nn::LossReduction reduction) {
  const std::pair<Tensor, Tensor> both = nn::in_floating_point(input, target);
  const Tensor &x = both.first, &y = both.second;
  check(x.sizes() == y.sizes(), "Target size (", IntArrayRef(y.sizes()), ") must be the same as input size (",
        IntArrayRef(x.sizes()), ")");
  const Tensor w = pos_weight.defined() ? pos_weight : scalar_tensor(1, x.options());
  const auto s = [](const Tensor& x) { return softplus(x, 1, std::numeric_limits<double>::infinity()); };
  const auto value = [&] {
    const NoGradGuard no_grad;
    const Tensor small = log1p(exp(-abs(x)));  // s(x) = max(x, 0) + ln(1 + e^-|x|)
    return w * y * (relu(-x) + small) + (1 - y) * (relu(x) + small);
  };
  const Tensor losses = record(
      "binary_cross_entropy_with_logits", value(),
      wrt(x, saved(x, y, w),
          [](const Tensor& g, const Tensor& x, const Tensor& y, const Tensor& w) {
            return g * ((1 - y) * sigmoid(x) - w * y * sigmoid(-x));
          }),
      wrt(y, saved(x, w),
          [s](const Tensor& g, const Tensor& x, const Tensor& w) { return g * (w * s(-x) - s(x)); }),
      wrt(w, saved(x, y), [s](const Tensor& g, const Tensor& x, const Tensor& y) { return g * y * s(-x); }));
  return reduce_losses("binary_cross_entropy_with_logits", weighted(losses, weight), reduction);
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
