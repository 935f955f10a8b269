// Layer normalisation and batch normalisation, as functions and as layers:
//
//     y = (x - mean) / √(var + ε) · w + b
#pragma once

#include <vector>

#include "nn/function_layer.h"

namespace gradus {

/// nn::functional::layer_norm with its options as arguments.
Tensor layer_norm(const Tensor& x, IntArrayRef normalized_shape, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);

namespace nn {

namespace functional {

struct LayerNormFuncOptions {
  LayerNormFuncOptions(std::vector<int64_t> normalized_shape)  // NOLINT
      : normalized_shape_(std::move(normalized_shape)) {}
  GRADUS_ARG(std::vector<int64_t>, normalized_shape);  // the last sizes of x
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(Tensor, bias) = {};
  GRADUS_ARG(double, eps) = 1e-5;
};
/// Mean and biased variance are taken over the last dimensions of x, whose sizes are normalized_shape. Error
/// if x does not end in these sizes.
/// Source: Ba, Kiros & Hinton, "Layer Normalization" (2016).
Tensor layer_norm(const Tensor& x, const LayerNormFuncOptions& options);

struct BatchNormFuncOptions {
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(Tensor, bias) = {};
  GRADUS_ARG(bool, training) = false;
  GRADUS_ARG(std::optional<double>, momentum) = 0.1;
  GRADUS_ARG(double, eps) = 1e-5;
};
/// Normalises each feature. x: (N, C) or (N, C, L). With training(true), mean and variance are those of the
/// batch, and running_mean and running_var (if defined) move towards them by `momentum`. Otherwise mean and
/// variance are running_mean and running_var.
/// Source: Ioffe & Szegedy, "Batch Normalization" (2015).
Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options = {});

}  // namespace functional

struct LayerNormOptions {
  LayerNormOptions(std::vector<int64_t> normalized_shape)  // NOLINT
      : normalized_shape_(std::move(normalized_shape)) {}
  void fields(auto& field) const {
    field("", IntArrayRef(normalized_shape_))("eps", eps_)("elementwise_affine", elementwise_affine_);
  }
  GRADUS_ARG(std::vector<int64_t>, normalized_shape);  // the last sizes of x
  GRADUS_ARG(double, eps) = 1e-5;
  GRADUS_ARG(bool, elementwise_affine) = true;
};

/// functional::layer_norm with weight and bias of shape normalized_shape. elementwise_affine(false) leaves
/// weight and bias out.
class LayerNormImpl : public Cloneable<LayerNormImpl> {
 public:
  explicit LayerNormImpl(const LayerNormOptions& options);
  void reset() override;
  void reset_parameters();          // weight 1, bias 0
  Tensor forward(const Tensor& x);  // functional::layer_norm
  void pretty_print(std::ostream& out) const override { print_layer(out, "LayerNorm", options); }

  LayerNormOptions options;  // with which the layer was made
  Tensor weight, bias;       // both of shape normalized_shape
};
using LayerNorm = ModuleHolder<LayerNormImpl>;

struct BatchNormOptions {
  BatchNormOptions(int64_t num_features) : num_features_(num_features) {}  // NOLINT: BatchNorm1d(12)
  void fields(auto& field) const {
    field("", num_features_)("eps", eps_)("momentum", momentum_);
    field("affine", affine_)("track_running_stats", track_running_stats_);
  }
  GRADUS_ARG(int64_t, num_features);  // C
  GRADUS_ARG(double, eps) = 1e-5;
  /// Without a value, the running statistics are averages over all batches so far.
  GRADUS_ARG(std::optional<double>, momentum) = 0.1;
  GRADUS_ARG(bool, affine) = true;
  GRADUS_ARG(bool, track_running_stats) = true;
};
using BatchNorm1dOptions = BatchNormOptions;

/// functional::batch_norm. Training mode uses the batch's statistics, evaluation mode the running ones.
class BatchNorm1dImpl : public Cloneable<BatchNorm1dImpl> {
 public:
  explicit BatchNorm1dImpl(const BatchNormOptions& options);
  void reset() override;
  void reset_parameters();          // weight 1, bias 0, and the running statistics
  void reset_running_stats();       // mean 0, variance 1, no batch counted
  Tensor forward(const Tensor& x);  // (N, C) or (N, C, L)
  void pretty_print(std::ostream& out) const override { print_layer(out, "BatchNorm1d", options); }

  BatchNormOptions options;                        // with which the layer was made
  Tensor weight, bias, running_mean, running_var;  // (C)
  Tensor num_batches_tracked;                      // a count, ()
};
using BatchNorm1d = ModuleHolder<BatchNorm1dImpl>;

}  // namespace nn
}  // namespace gradus
