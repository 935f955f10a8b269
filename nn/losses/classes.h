// nll_loss, the loss of logarithms of probabilities, and the losses for classes with all options as arguments.
#pragma once

#include "nn/losses.h"

namespace gradus {

/// nn::functional::nll_loss and cross_entropy with all options as arguments.
Tensor nll_loss(const Tensor& log_p, const Tensor& target, const Tensor& weight = {},
                nn::LossReduction reduction = kMean, int64_t ignore_index = -100);
Tensor cross_entropy_loss(const Tensor& logits, const Tensor& target, const Tensor& weight = {},
                          nn::LossReduction reduction = kMean, int64_t ignore_index = -100,
                          double label_smoothing = 0);

namespace nn {

/// -w[t] log_p[t], the loss of log_p = log_softmax(logits). Shapes, weight and ignore_index as for cross_entropy.
struct NLLLossOptions {
  Tensor operator()(const Tensor& log_p, const Tensor& target) const;
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(int64_t, ignore_index) = -100;
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
GRADUS_LAYER(NLLLoss, nll_loss, NLLLossOptions);

}  // namespace nn

}  // namespace gradus
