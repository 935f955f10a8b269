// Losses for numbers and for classes, each as a function with arguments, as a function with options
// (nn::functional) and as a layer (nn::MSELoss). nn/losses/ has more losses.
//
// Elementwise losses take x and y of one shape, or one of them broadcasts to the shape of the other. They
// throw if both would have to be broadcast, as (n, 1) and (n) would, because that is almost always a mistake.
#pragma once

#include "nn/function_layer.h"

namespace gradus {

/// The mean of (x - y)², or with kSum the sum.
Tensor mse_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean);

namespace nn {

/// Returns `losses` as they are, their mean, or their sum. Error for kBatchMean.
Tensor reduce_losses(const char* op, const Tensor& losses, LossReduction reduction);
/// Error unless one of x and y broadcasts to the shape of the other. (n, 1) and (n) would give n² losses.
void check_loss_sizes(const char* op, const Tensor& x, const Tensor& y);

/// x and y converted to floating point, because a difference of two uint8 would wrap, and bools have no difference.
std::pair<Tensor, Tensor> in_floating_point(const Tensor& x, const Tensor& y);

/// Options of a loss whose only option is the reduction: mse_loss(x, y, kSum).
template <Tensor (*loss)(const Tensor&, const Tensor&, LossReduction)>
struct LossOptions {
  LossOptions(LossReduction reduction = kMean) : reduction_(reduction) {}  // NOLINT
  Tensor operator()(const Tensor& x, const Tensor& y) const { return loss(x, y, reduction_); }
  GRADUS_ARG(LossReduction, reduction);  // kMean if not given
};

using MSELossOptions = LossOptions<gradus::mse_loss>;
GRADUS_LAYER(MSELoss, mse_loss, MSELossOptions);

/// -w[t] log p[t] for p = softmax(logits): the negative logarithm of the probability given to each target class.
///
/// logits: (N, C), (C) or (N, C, d…); target: int64 of the logits' shape without C, each in [0, C) or equal to
/// ignore_index. A target of ignore_index contributes nothing. weight: (C), one factor per class; the mean is
/// then a weighted mean. Error if a target is out of range. A floating-point target of the logits' shape holds
/// probabilities; the loss is then -Σ target · log p. label_smoothing ε mixes the target with the uniform
/// distribution: (1 - ε) t + ε / C.
struct CrossEntropyLossOptions {
  Tensor operator()(const Tensor& logits, const Tensor& target) const;
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(int64_t, ignore_index) = -100;
  GRADUS_ARG(LossReduction, reduction) = kMean;
  GRADUS_ARG(double, label_smoothing) = 0;
};
GRADUS_LAYER(CrossEntropyLoss, cross_entropy, CrossEntropyLossOptions);
namespace functional {
using CrossEntropyFuncOptions = CrossEntropyLossOptions;
}

/// The dimension that counts the classes: 1, or 0 without a batch.
inline int64_t class_dim(const Tensor& x) { return x.dim() == 1 ? 0 : 1; }
/// Reshapes x from (N, C), (C) or (N, C, d…) to (rows, C).
Tensor classes_last(const Tensor& x);

/// What the argument x of class_index_loss holds: log p, or logits whose log_softmax is log p.
enum class Given : uint8_t { log_p, logits };
/// The loss of classes as targets, with label smoothing and ignored rows, reduced.
Tensor class_index_loss(const char* op, const Tensor& x, Given given, const Tensor& target,
                        const CrossEntropyLossOptions& options);

// Defined in nn/losses/classes.cpp: the loss of probabilities as targets, and the check of the weights.
Tensor class_probability_loss(const Tensor& log_p, const Tensor& target,
                              const CrossEntropyLossOptions& options);
void check_class_weight(const char* op, const Tensor& weight, int64_t classes);

}  // namespace nn

}  // namespace gradus
