#include "nn/losses/margins.h"

#include <numbers>

#include "autograd/more_ops/activations.h"

namespace gradus {

using nn::check_loss_sizes, nn::reduce_losses;

Tensor soft_margin_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction) {
  check_loss_sizes("soft_margin_loss", x, y);
  return reduce_losses("soft_margin_loss", -log_sigmoid(x * y), reduction);
}

Tensor multi_margin_loss(const Tensor& x, const Tensor& target, int64_t p, double margin,
                         const Tensor& weight, nn::LossReduction reduction) {
  check(p == 1 || p == 2, "multi_margin_loss: p must be 1 or 2, not ", p);
  check((x.dim() == 1 || x.dim() == 2) && target.dim() == x.dim() - 1 &&
            (x.dim() == 1 || target.size(0) == x.size(0)) && x.size(-1) > 0,
        "multi_margin_loss: x is ", text(x.sizes()), " and the target ", text(target.sizes()),
        "; they must be (N, C) and (N), or (C) and ()");
  const int64_t classes = x.size(-1);
  check(!weight.defined() || (weight.dim() == 1 && weight.size(0) == classes),
        "multi_margin_loss: there must be a weight for each of the ", classes, " classes");
  const Tensor t = target.unsqueeze(-1), numbers = arange(classes, TensorOptions(kInt64).device(x.device()));
  const Tensor violation = clamp_min(margin - gather(x, -1, t) + x, 0);
  Tensor terms = where(numbers == t, 0, p == 2 ? violation.square() : violation);
  if (weight.defined()) terms = terms * weight.index_select(0, target.reshape({-1})).reshape(t.sizes());
  return reduce_losses("multi_margin_loss", terms.sum({-1}) / classes, reduction);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           double margin, double p, double eps, bool swap, nn::LossReduction reduction) {
  check(anchor.dim() == positive.dim() && anchor.dim() == negative.dim(),
        "triplet_margin_loss: the anchor is ", text(anchor.sizes()), ", the positive ",
        text(positive.sizes()), " and the negative ", text(negative.sizes()),
        "; they must have as many dimensions");
  const Tensor near = pairwise_distance(anchor, positive, p, eps);
  Tensor far = pairwise_distance(anchor, negative, p, eps);
  if (swap) far = minimum(far, pairwise_distance(positive, negative, p, eps));
  return reduce_losses("triplet_margin_loss", clamp_min(near - far + margin, 0), reduction);
}

Tensor poisson_nll_loss(const Tensor& x, const Tensor& y, bool log_input, bool full, double eps,
                        nn::LossReduction reduction) {
  check_loss_sizes("poisson_nll_loss", x, y);
  Tensor losses = log_input ? exp(x) - y * x : x - y * log(x + eps);
  if (full) {
    const Tensor is_large = y > 1,
                 count = where(is_large, y, 1);  // the logarithm of 0 stays out of the derivative
    losses =
        losses + where(is_large, count * log(count) - count + log(count * (2 * std::numbers::pi)) / 2, 0);
  }
  return reduce_losses("poisson_nll_loss", losses, reduction);
}

}  // namespace gradus
