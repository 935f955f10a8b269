#include "nn/losses/classes.h"

namespace gradus::nn {

void check_class_weight(const char* op, const Tensor& weight, int64_t classes) {
  check(!weight.defined() || (weight.dim() == 1 && weight.size(0) == classes), op,
        ": weight must hold one number per class, (", classes, ",), but is ",
        weight.defined() ? text(weight.sizes()) : ShapeText{});
}

/// -Σ target · w · log p of each row, with label smoothing, reduced.
Tensor class_probability_loss(const Tensor& log_p, const Tensor& target,
                              const CrossEntropyLossOptions& options) {
  check(target.is_floating_point(), "cross_entropy: a target of the logits' shape ", text(log_p.sizes()),
        " holds probabilities and must be floating point, not ", target.dtype());
  const Tensor rows = classes_last(log_p), q = classes_last(target);
  check_class_weight("cross_entropy", options.weight(), rows.size(1));
  const double epsilon = options.label_smoothing();
  const Tensor smoothed = epsilon > 0 ? q * (1 - epsilon) + epsilon / static_cast<double>(rows.size(1)) : q;
  const Tensor terms = options.weight().defined() ? smoothed * rows * options.weight() : smoothed * rows;
  const Tensor losses = -terms.sum({1});
  if (options.reduction() != kNone || log_p.dim() == 2)
    return reduce_losses("cross_entropy", losses, options.reduction());
  Shape shape(log_p.raw());
  shape.erase(static_cast<int>(class_dim(log_p)));
  return losses.reshape(shape);
}

Tensor NLLLossOptions::operator()(const Tensor& log_p, const Tensor& target) const {
  return class_index_loss(
      "nll_loss", in_floating_point(log_p, log_p).first, Given::log_p, target,
      CrossEntropyLossOptions().weight(weight_).ignore_index(ignore_index_).reduction(reduction_));
}

}  // namespace gradus::nn

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
