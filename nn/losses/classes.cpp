// nll_loss and cross_entropy with all options as arguments.
#include "nn/losses.h"

namespace gradus {

Tensor nll_loss(const Tensor& log_p, const Tensor& target, const Tensor& weight, nn::LossReduction reduction,
                int64_t ignore_index) {
  return nn::NLLLossOptions().weight(weight).reduction(reduction).ignore_index(ignore_index)(log_p, target);
}

Tensor cross_entropy_loss(const Tensor& logits, const Tensor& target, const Tensor& weight,
                          nn::LossReduction reduction, int64_t ignore_index, double label_smoothing) {
  nn::CrossEntropyLossOptions options;
  options.weight(weight).reduction(reduction).ignore_index(ignore_index).label_smoothing(label_smoothing);
  return options(logits, target);
}

}  // namespace gradus
