// Layers and losses once more as plain functions with all their options in a row, as libtorch has them beside
// nn::functional: mse_loss(x, y, kSum). functional.h says what each of them computes.
#pragma once

#include "nn/functional.h"

namespace gradus {

inline Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {}) {
  return nn::functional::linear(x, weight, bias);
}
inline Tensor one_hot(const Tensor& labels, int64_t num_classes = -1) {
  return nn::functional::one_hot(labels, num_classes);
}
inline Tensor dropout(const Tensor& x, double p, bool train) {
  return nn::functional::dropout(x, nn::functional::DropoutFuncOptions().p(p).training(train));
}
inline Tensor layer_norm(const Tensor& x, IntArrayRef normalized_shape, const Tensor& weight = {},
                         const Tensor& bias = {}, double eps = 1e-5) {
  return nn::functional::layer_norm(
      x, nn::functional::LayerNormFuncOptions(normalized_shape.vec()).weight(weight).bias(bias).eps(eps));
}
inline Tensor mse_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean) {
  return nn::functional::mse_loss(x, y, reduction);
}
inline Tensor l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean) {
  return nn::functional::l1_loss(x, y, reduction);
}
inline Tensor smooth_l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean,
                             double beta = 1) {
  return nn::functional::smooth_l1_loss(x, y, nn::SmoothL1LossOptions(reduction).beta(beta));
}
inline Tensor huber_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean,
                         double delta = 1) {
  return nn::functional::huber_loss(x, y, nn::HuberLossOptions(reduction).delta(delta));
}
inline Tensor nll_loss(const Tensor& log_p, const Tensor& target, const Tensor& weight = {},
                       nn::LossReduction reduction = kMean, int64_t ignore_index = -100) {
  return nn::functional::nll_loss(
      log_p, target, nn::NLLLossOptions().weight(weight).reduction(reduction).ignore_index(ignore_index));
}
inline Tensor cross_entropy_loss(const Tensor& logits, const Tensor& target, const Tensor& weight = {},
                                 nn::LossReduction reduction = kMean, int64_t ignore_index = -100,
                                 double label_smoothing = 0) {
  return nn::functional::cross_entropy(logits, target,
                                       nn::CrossEntropyLossOptions()
                                           .weight(weight)
                                           .reduction(reduction)
                                           .ignore_index(ignore_index)
                                           .label_smoothing(label_smoothing));
}
inline Tensor binary_cross_entropy(const Tensor& p, const Tensor& y, const Tensor& weight = {},
                                   nn::LossReduction reduction = kMean) {
  return nn::functional::binary_cross_entropy(p, y, nn::BCELossOptions().weight(weight).reduction(reduction));
}
inline Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& y, const Tensor& weight = {},
                                               const Tensor& pos_weight = {},
                                               nn::LossReduction reduction = kMean) {
  return nn::functional::binary_cross_entropy_with_logits(
      x, y, nn::BCEWithLogitsLossOptions().weight(weight).pos_weight(pos_weight).reduction(reduction));
}
inline Tensor kl_div(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean,
                     bool log_target = false) {
  return nn::functional::kl_div(x, y, nn::KLDivLossOptions(reduction).log_target(log_target));
}
inline Tensor hinge_embedding_loss(const Tensor& x, const Tensor& y, double margin = 1,
                                   nn::LossReduction reduction = kMean) {
  return nn::functional::hinge_embedding_loss(
      x, y, nn::HingeEmbeddingLossOptions().margin(margin).reduction(reduction));
}
inline Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& y, double margin = 0,
                                  nn::LossReduction reduction = kMean) {
  return nn::functional::margin_ranking_loss(
      a, b, y, nn::MarginRankingLossOptions().margin(margin).reduction(reduction));
}
inline Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& y, double margin = 0,
                                    nn::LossReduction reduction = kMean) {
  return nn::functional::cosine_embedding_loss(
      a, b, y, nn::CosineEmbeddingLossOptions().margin(margin).reduction(reduction));
}

}  // namespace gradus
