// Losses for probabilities. Those for class indices are in nn/losses.h.
#pragma once

#include "nn/losses.h"

namespace gradus {

/// -(y ln p + (1 - y) ln(1 - p)) · weight, with logarithms clamped to at least -100. p and y must have one
/// shape. Error unless every p is in [0, 1].
Tensor binary_cross_entropy(const Tensor& p, const Tensor& y, const Tensor& weight = {},
                            nn::LossReduction reduction = kMean);

/// binary_cross_entropy of p = σ(x), without overflow. pos_weight multiplies the term of y.
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& y, const Tensor& weight = {},
                                        const Tensor& pos_weight = {}, nn::LossReduction reduction = kMean);

/// y (ln y - x) for x = ln p. The sum is the Kullback–Leibler divergence of y from p. With log_target, y
/// holds logarithms too. Where y = 0 the term and its gradient are 0; where y < 0 the term is NaN. kBatchMean divides
/// the sum by x.size(0).
Tensor kl_div(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean, bool log_target = false);

namespace nn {

struct BCELossOptions {
  Tensor operator()(const Tensor& p, const Tensor& y) const {
    return gradus::binary_cross_entropy(p, y, weight_, reduction_);
  }
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
GRADUS_LAYER(BCELoss, binary_cross_entropy, BCELossOptions);

struct BCEWithLogitsLossOptions {
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return gradus::binary_cross_entropy_with_logits(x, y, weight_, pos_weight_, reduction_);
  }
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(LossReduction, reduction) = kMean;
  GRADUS_ARG(Tensor, pos_weight) = {};
};
GRADUS_LAYER(BCEWithLogitsLoss, binary_cross_entropy_with_logits, BCEWithLogitsLossOptions);

struct KLDivLossOptions {
  KLDivLossOptions(LossReduction reduction = kMean) : reduction_(reduction) {}  // NOLINT
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return gradus::kl_div(x, y, reduction_, log_target_);
  }
  GRADUS_ARG(LossReduction, reduction);  // kMean if not given
  GRADUS_ARG(bool, log_target) = false;
};
GRADUS_LAYER(KLDivLoss, kl_div, KLDivLossOptions);

namespace functional {  // libtorch's names
using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using KLDivFuncOptions = KLDivLossOptions;
}  // namespace functional

}  // namespace nn
}  // namespace gradus
