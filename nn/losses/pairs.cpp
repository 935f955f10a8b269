#include "nn/losses/pairs.h"

namespace gradus {

using nn::check_loss_sizes, nn::reduce_losses;

Tensor hinge_embedding_loss(const Tensor& x, const Tensor& y, double margin, nn::LossReduction reduction) {
  check_loss_sizes("hinge_embedding_loss", x, y);
  const Tensor alike = where(y != -1, x, 0), apart = where(y != 1, clamp_min(margin - x, 0), 0);
  return reduce_losses("hinge_embedding_loss", alike + apart, reduction);
}

Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& y, double margin,
                           nn::LossReduction reduction) {
  check(a.dim() == b.dim() && a.dim() == y.dim(),
        "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ",
        text(a.sizes()), ", input2: ", text(b.sizes()), ", target: ", text(y.sizes()));
  const auto [first, second] = nn::in_floating_point(a, b);
  return reduce_losses("margin_ranking_loss", clamp_min(margin - y * (first - second), 0), reduction);
}

Tensor cosine_embedding_loss(const Tensor& x, const Tensor& z, const Tensor& y, double margin,
                             nn::LossReduction reduction) {
  const auto [a, b] = nn::in_floating_point(x, z);
  check(a.sizes() == b.sizes() && (a.dim() == 1 || a.dim() == 2) && y.dim() == a.dim() - 1 &&
            (y.dim() == 0 || y.size(0) == a.size(0)),
        "cosine_embedding_loss: the inputs are ", text(a.sizes()), " and ", text(b.sizes()),
        " and the target ", text(y.sizes()), "; they must be (N, D), (N, D) and (N), or (D), (D) and ()");
  // cos(a, b) = a/‖a‖ · b/‖b‖, where no square can overflow. A zero vector has the cosine 0.
  const auto direction = [](const Tensor& x) {
    const Tensor length = norm(x, 2, {-1}, /*keepdim=*/true);
    return x / where(length == 0, 1, length);
  };
  const Tensor cosine = (direction(a) * direction(b)).sum({-1});
  const Tensor alike = where(y == 1, 1 - cosine, 0), apart = where(y == -1, clamp_min(cosine - margin, 0), 0);
  return reduce_losses("cosine_embedding_loss", alike + apart, reduction);
}

}  // namespace gradus
