// Layers and losses as functions, without parameters of their own: namespace F = gradus::nn::functional.
#pragma once

#include "autograd/ops/ops.h"
#include "nn/options.h"

namespace gradus::nn::functional {

// ---- Layers -----------------------------------------------------------------------------------------------

/// y = x Wᵀ + b.  x: (…, in), weight: (out, in), bias: (out) or undefined; y: (…, out).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// Rows of `weight` (count, width) by int64 index of any shape: (*indices, width).
inline Tensor embedding(const Tensor& indices, const Tensor& weight) {
  return gradus::embedding(weight, indices);
}

/// (n, classes) int64 with a 1 at each label; num_classes = -1 takes the largest label + 1.
Tensor one_hot(const Tensor& labels, int64_t num_classes = -1);

struct DropoutFuncOptions {
  GRADUS_ARG(double, p) = 0.5;
  GRADUS_ARG(bool, training) = true;
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

// ---- Activations ------------------------------------------------------------------------------------------

inline Tensor relu(const Tensor& x) { return gradus::relu(x); }
/// x, and x·negative_slope below 0.
Tensor leaky_relu(const Tensor& x, const LeakyReLUOptions& options = {});
/// x, and α (eˣ - 1) below 0.  Source: Clevert et al. (2015).
Tensor elu(const Tensor& x, const ELUOptions& options = {});
/// x Φ(x), with Φ the normal distribution function, or its "tanh" approximation.
/// Source: Hendrycks & Gimpel, "Gaussian error linear units" (2016).
Tensor gelu(const Tensor& x, const GELUOptions& options = {});
/// x σ(x).
Tensor silu(const Tensor& x);
/// ln(1 + e^(βx)) / β; x itself where βx > threshold.
Tensor softplus(const Tensor& x, const SoftplusOptions& options = {});
/// ln σ(x).
Tensor logsigmoid(const Tensor& x);
/// e^xᵢ / Σⱼ e^xⱼ along dim.
inline Tensor softmax(const Tensor& x, const SoftmaxOptions& options) {
  return gradus::softmax(x, options.dim());
}
inline Tensor log_softmax(const Tensor& x, const LogSoftmaxOptions& options) {
  return gradus::log_softmax(x, options.dim());
}

using LeakyReLUFuncOptions = LeakyReLUOptions;
using ELUFuncOptions = ELUOptions;
using GELUFuncOptions = GELUOptions;
using SoftplusFuncOptions = SoftplusOptions;
using SoftmaxFuncOptions = SoftmaxOptions;
using LogSoftmaxFuncOptions = LogSoftmaxOptions;

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

using MSELossFuncOptions = MSELossOptions;
using L1LossFuncOptions = L1LossOptions;
using SmoothL1LossFuncOptions = SmoothL1LossOptions;
using HuberLossFuncOptions = HuberLossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using KLDivFuncOptions = KLDivLossOptions;

}  // namespace gradus::nn::functional
