// What layers and losses can be told: LinearOptions(4, 12).bias(false). The arguments' meaning is documented
// at the layer (layers.h) or function (functional.h) that takes them; defaults are PyTorch's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nn/enum.h"
#include "tensor/argument.h"
#include "tensor/tensor.h"

namespace gradus::nn {

struct LinearOptions {
  LinearOptions(int64_t in_features, int64_t out_features)
      : in_features_(in_features), out_features_(out_features) {}
  GRADUS_ARG(int64_t, in_features);
  GRADUS_ARG(int64_t, out_features);
  GRADUS_ARG(bool, bias) = true;
};

struct EmbeddingOptions {
  EmbeddingOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  GRADUS_ARG(int64_t, num_embeddings);
  GRADUS_ARG(int64_t, embedding_dim);
  GRADUS_ARG(std::optional<int64_t>,
             padding_idx) = {};      // a row that stays as it is; from the end if negative
  GRADUS_ARG(Tensor, _weight) = {};  // the initial table, instead of normal numbers
};
struct EmbeddingFuncOptions {
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = {};
};
struct EmbeddingFromPretrainedOptions {
  GRADUS_ARG(bool, freeze) = true;
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = {};
};

struct DropoutOptions {
  DropoutOptions(double p = 0.5) : p_(p) {}  // NOLINT: Dropout(0.1)
  GRADUS_ARG(double, p);
  GRADUS_ARG(bool, inplace) = false;
};

struct FlattenOptions {
  GRADUS_ARG(int64_t, start_dim) = 1;
  GRADUS_ARG(int64_t, end_dim) = -1;
};

struct LayerNormOptions {
  LayerNormOptions(std::vector<int64_t> normalized_shape)
      : normalized_shape_(std::move(normalized_shape)) {}  // NOLINT
  GRADUS_ARG(std::vector<int64_t>, normalized_shape);
  GRADUS_ARG(double, eps) = 1e-5;
  GRADUS_ARG(bool, elementwise_affine) = true;
};

struct BatchNormOptions {
  BatchNormOptions(int64_t num_features) : num_features_(num_features) {}  // NOLINT: BatchNorm1d(12)
  GRADUS_ARG(int64_t, num_features);
  GRADUS_ARG(double, eps) = 1e-5;
  GRADUS_ARG(std::optional<double>, momentum) = 0.1;  // nullopt: the running statistics are plain averages
  GRADUS_ARG(bool, affine) = true;
  GRADUS_ARG(bool, track_running_stats) = true;
};
using BatchNorm1dOptions = BatchNormOptions;

// ---- Activations ------------------------------------------------------------------------------------------

// inplace(true) writes the result over the input.

struct InplaceOptions {
  InplaceOptions(bool inplace = false) : inplace_(inplace) {}  // NOLINT: ReLU(true)
  GRADUS_ARG(bool, inplace);
};
using ReLUOptions = InplaceOptions;
using ReLU6Options = InplaceOptions;
using SELUOptions = InplaceOptions;

struct LeakyReLUOptions {
  GRADUS_ARG(double, negative_slope) = 1e-2;
  GRADUS_ARG(bool, inplace) = false;
};
struct ELUOptions {
  GRADUS_ARG(double, alpha) = 1;
  GRADUS_ARG(bool, inplace) = false;
};
using CELUOptions = ELUOptions;
struct GELUOptions {
  GRADUS_ARG(std::string, approximate) = "none";  // or "tanh"
};
struct SoftplusOptions {
  GRADUS_ARG(double, beta) = 1;
  GRADUS_ARG(double, threshold) = 20;
};
struct HardtanhOptions {
  GRADUS_ARG(double, min_val) = -1;
  GRADUS_ARG(double, max_val) = 1;
  GRADUS_ARG(bool, inplace) = false;
};
struct ThresholdOptions {
  ThresholdOptions(double threshold, double value) : threshold_(threshold), value_(value) {}
  GRADUS_ARG(double, threshold);
  GRADUS_ARG(double, value);
  GRADUS_ARG(bool, inplace) = false;
};
struct ShrinkOptions {
  ShrinkOptions(double lambda = 0.5) : lambda_(lambda) {}  // NOLINT: Hardshrink(1)
  GRADUS_ARG(double, lambda);
};
using HardshrinkOptions = ShrinkOptions;
using SoftshrinkOptions = ShrinkOptions;
struct SoftmaxOptions {
  SoftmaxOptions(int64_t dim) : dim_(dim) {}  // NOLINT: Softmax(1)
  GRADUS_ARG(int64_t, dim);
};
using SoftminOptions = SoftmaxOptions;
using LogSoftmaxOptions = SoftmaxOptions;
/// As a function, softmax also converts: the input becomes of this dtype first.
struct SoftmaxFuncOptions {
  SoftmaxFuncOptions(int64_t dim) : dim_(dim) {}                  // NOLINT: softmax(x, 1)
  SoftmaxFuncOptions(const SoftmaxOptions& o) : dim_(o.dim()) {}  // NOLINT
  GRADUS_ARG(int64_t, dim);
  GRADUS_ARG(std::optional<Dtype>, dtype) = {};
};

// ---- Losses -----------------------------------------------------------------------------------------------

/// Of a loss that has no other options: mse_loss(x, y, kSum).
struct LossOptions {
  LossOptions(LossReduction reduction = kMean) : reduction_(reduction) {}  // NOLINT
  GRADUS_ARG(LossReduction, reduction);
};
using MSELossOptions = LossOptions;
using L1LossOptions = LossOptions;

template <int default_margin>
struct MarginLossOptions {
  GRADUS_ARG(double, margin) = default_margin;
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
using HingeEmbeddingLossOptions = MarginLossOptions<1>;
using MarginRankingLossOptions = MarginLossOptions<0>;
using CosineEmbeddingLossOptions = MarginLossOptions<0>;

struct SmoothL1LossOptions {
  SmoothL1LossOptions(LossReduction reduction = kMean) : reduction_(reduction) {}  // NOLINT
  GRADUS_ARG(LossReduction, reduction);
  GRADUS_ARG(double, beta) = 1;
};
struct HuberLossOptions {
  HuberLossOptions(LossReduction reduction = kMean) : reduction_(reduction) {}  // NOLINT
  GRADUS_ARG(LossReduction, reduction);
  GRADUS_ARG(double, delta) = 1;
};
struct NLLLossOptions {
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(int64_t, ignore_index) = -100;
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
struct CrossEntropyLossOptions {
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(int64_t, ignore_index) = -100;
  GRADUS_ARG(LossReduction, reduction) = kMean;
  GRADUS_ARG(double, label_smoothing) = 0;
};
struct BCELossOptions {
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
struct BCEWithLogitsLossOptions {
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(LossReduction, reduction) = kMean;
  GRADUS_ARG(Tensor, pos_weight) = {};
};
struct KLDivLossOptions {
  KLDivLossOptions(LossReduction reduction = kMean) : reduction_(reduction) {}  // NOLINT
  GRADUS_ARG(LossReduction, reduction);
  GRADUS_ARG(bool, log_target) = false;
};

}  // namespace gradus::nn
