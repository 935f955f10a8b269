// Layers and losses as functions, without parameters of their own: namespace F = gradus::nn::functional.
#pragma once

#include "nn/options.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::nn::functional {

// ---- Layers -----------------------------------------------------------------------------------------------

/// y = x Wᵀ + b.  x: (…, in), weight: (out, in), bias: (out) or undefined; y: (…, out).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// Rows of `weight` (count, width) by int64 index of any shape: (*indices, width). The row padding_idx, if one is
/// given, gets no gradient.
Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingFuncOptions& options = {});

/// (n, classes) int64 with a 1 at each label; num_classes = -1 takes the largest label + 1.
Tensor one_hot(const Tensor& labels, int64_t num_classes = -1);

struct DropoutFuncOptions {
  GRADUS_ARG(double, p) = 0.5;
  GRADUS_ARG(bool, training) = true;
  GRADUS_ARG(bool, inplace) = false;
};
/// Sets each element to 0 with probability p and divides the others by 1 - p, keeping the mean. Not training: x.
/// Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).
Tensor dropout(const Tensor& x, const DropoutFuncOptions& options = {});

struct LayerNormFuncOptions {
  LayerNormFuncOptions(std::vector<int64_t> normalized_shape)
      : normalized_shape_(std::move(normalized_shape)) {}  // NOLINT
  GRADUS_ARG(std::vector<int64_t>, normalized_shape);
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(Tensor, bias) = {};
  GRADUS_ARG(double, eps) = 1e-5;
};
/// y = (x - mean) / √(var + ε) · w + b over the last dimensions, of sizes normalized_shape; var is biased.
/// Source: Ba, Kiros & Hinton, "Layer Normalization" (2016).
Tensor layer_norm(const Tensor& x, const LayerNormFuncOptions& options);

struct BatchNormFuncOptions {
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(Tensor, bias) = {};
  GRADUS_ARG(bool, training) = false;
  GRADUS_ARG(std::optional<double>, momentum) = 0.1;
  GRADUS_ARG(double, eps) = 1e-5;
};
/// The same over the batch, feature by feature. x: (N, C) or (N, C, L). Training: with the batch's mean and
/// variance, which also move the running ones (if defined) by `momentum`. Else with the running ones.
/// Source: Ioffe & Szegedy, "Batch Normalization" (2015).
Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options = {});

// ---- Activations: the functions of autograd/ops/activations.cpp, with options in a struct ------------------

/// function(x, arguments…), written over x with inplace(true). The function gets a copy then: its rules may need
/// what x was.
template <class Options, class Function, class... Arguments>
Tensor maybe_in_place(const Options& options, const Tensor& x, Function function,
                      const Arguments&... arguments) {
  return options.inplace() ? x.copy_(function(x.clone(), arguments...)) : function(x, arguments...);
}

inline Tensor relu(const Tensor& x, const ReLUOptions& o = {}) { return maybe_in_place(o, x, gradus::relu); }
inline Tensor relu6(const Tensor& x, const ReLU6Options& o = {}) {
  return maybe_in_place(o, x, gradus::relu6);
}
inline Tensor selu(const Tensor& x, const SELUOptions& o = {}) { return maybe_in_place(o, x, gradus::selu); }
inline Tensor leaky_relu(const Tensor& x, const LeakyReLUOptions& o = {}) {
  return maybe_in_place(o, x, gradus::leaky_relu, o.negative_slope());
}
inline Tensor elu(const Tensor& x, const ELUOptions& o = {}) {
  return maybe_in_place(o, x, gradus::elu, o.alpha(), 1, 1);
}
inline Tensor celu(const Tensor& x, const CELUOptions& o = {}) {
  return maybe_in_place(o, x, gradus::celu, o.alpha());
}
inline Tensor hardtanh(const Tensor& x, const HardtanhOptions& o = {}) {
  return maybe_in_place(o, x, gradus::hardtanh, o.min_val(), o.max_val());
}
inline Tensor threshold(const Tensor& x, const ThresholdOptions& o) {
  return maybe_in_place(o, x, gradus::threshold, o.threshold(), o.value());
}
inline Tensor hardshrink(const Tensor& x, const HardshrinkOptions& o = {}) {
  return gradus::hardshrink(x, o.lambda());
}
inline Tensor softshrink(const Tensor& x, const SoftshrinkOptions& o = {}) {
  return gradus::softshrink(x, o.lambda());
}
inline Tensor softplus(const Tensor& x, const SoftplusOptions& o = {}) {
  return gradus::softplus(x, o.beta(), o.threshold());
}
inline Tensor gelu(const Tensor& x, const GELUOptions& o = {}) { return gradus::gelu(x, o.approximate()); }
inline Tensor silu(const Tensor& x) { return gradus::silu(x); }
inline Tensor mish(const Tensor& x) { return gradus::mish(x); }
inline Tensor logsigmoid(const Tensor& x) { return gradus::log_sigmoid(x); }
inline Tensor softsign(const Tensor& x) { return x / (x.abs() + 1); }
inline Tensor tanhshrink(const Tensor& x) { return x - x.tanh(); }
/// e^xᵢ / Σⱼ e^xⱼ along dim; softmin: of -x.
inline Tensor softmax(const Tensor& x, const SoftmaxFuncOptions& o) {
  return gradus::softmax(o.dtype() ? x.to(*o.dtype()) : x, o.dim());
}
inline Tensor softmin(const Tensor& x, const SoftmaxFuncOptions& o) { return softmax(-x, o); }
inline Tensor log_softmax(const Tensor& x, const SoftmaxFuncOptions& o) {
  return gradus::log_softmax(o.dtype() ? x.to(*o.dtype()) : x, o.dim());
}

using ReLUFuncOptions = ReLUOptions;
using ReLU6FuncOptions = ReLU6Options;
using SELUFuncOptions = SELUOptions;
using LeakyReLUFuncOptions = LeakyReLUOptions;
using ELUFuncOptions = ELUOptions;
using CELUFuncOptions = CELUOptions;
using HardtanhFuncOptions = HardtanhOptions;
using ThresholdFuncOptions = ThresholdOptions;
using HardshrinkFuncOptions = HardshrinkOptions;
using SoftshrinkFuncOptions = SoftshrinkOptions;
using SoftplusFuncOptions = SoftplusOptions;
using GELUFuncOptions = GELUOptions;
using nn::EmbeddingFuncOptions;
using nn::SoftmaxFuncOptions;
using SoftminFuncOptions = SoftmaxFuncOptions;
using LogSoftmaxFuncOptions = SoftmaxFuncOptions;

// ---- Losses -----------------------------------------------------------------------------------------------
//
// Elementwise losses take x and y of one shape, or such that one of them broadcasts to the other. Where only
// the *result* would have a new shape, as from (n, 1) and (n), almost always a mistake, they throw.

/// (x - y)²
Tensor mse_loss(const Tensor& x, const Tensor& y, const MSELossOptions& options = {});
/// |x - y|
Tensor l1_loss(const Tensor& x, const Tensor& y, const L1LossOptions& options = {});
/// With d = |x - y|: ½ d² / β where d < β, else d - ½ β.
Tensor smooth_l1_loss(const Tensor& x, const Tensor& y, const SmoothL1LossOptions& options = {});
/// With d = |x - y|: ½ d² where d ≤ δ, else δ (d - ½ δ).  Source: Huber (1964).
Tensor huber_loss(const Tensor& x, const Tensor& y, const HuberLossOptions& options = {});

/// The negative logarithm of the probability given to each target class: -w[t] log_p[t].
///
/// log_p: (N, C), (C) or (N, C, d…); target: int64 of log_p's shape without C, in [0, C) or ignore_index,
/// which takes no part. weight: (C), one factor per class; the mean is then weighted. A target out of range: Error.
Tensor nll_loss(const Tensor& log_p, const Tensor& target, const NLLLossOptions& options = {});

/// nll_loss of log_softmax(logits): -log p[t] for p = softmax(logits). Or, if target is floating point and of
/// the logits' shape, -Σ target·log p. label_smoothing ε mixes the target with the uniform distribution:
/// (1 - ε) t + ε / C.
Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyLossOptions& options = {});

/// -(y log p + (1 - y) log(1 - p)) · weight, logarithms cut off at -100. Error unless p is in [0, 1].
Tensor binary_cross_entropy(const Tensor& p, const Tensor& y, const BCELossOptions& options = {});
/// The same of p = σ(x), without overflow; pos_weight multiplies the term of y.
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& y,
                                        const BCEWithLogitsLossOptions& options = {});

/// q (log q - x) for x = log p: its sum is the Kullback–Leibler divergence of q from p. With log_target,
/// y is log q.
Tensor kl_div(const Tensor& x, const Tensor& y, const KLDivLossOptions& options = {});

/// x where y = 1, max(0, margin - x) where y = -1.
Tensor hinge_embedding_loss(const Tensor& x, const Tensor& y, const HingeEmbeddingLossOptions& options = {});
/// max(0, margin - y (a - b)): y = 1 if a should be the larger one, else -1.
Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& y,
                           const MarginRankingLossOptions& options = {});
/// 1 - cos(a, b) where y = 1, max(0, cos(a, b) - margin) where y = -1.  a, b: (N, D) and y: (N), or (D) and ().
Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& y,
                             const CosineEmbeddingLossOptions& options = {});

using MSELossFuncOptions = MSELossOptions;
using L1LossFuncOptions = L1LossOptions;
using SmoothL1LossFuncOptions = SmoothL1LossOptions;
using HuberLossFuncOptions = HuberLossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using KLDivFuncOptions = KLDivLossOptions;
using HingeEmbeddingLossFuncOptions = HingeEmbeddingLossOptions;
using MarginRankingLossFuncOptions = MarginRankingLossOptions;
using CosineEmbeddingLossFuncOptions = CosineEmbeddingLossOptions;

}  // namespace gradus::nn::functional
