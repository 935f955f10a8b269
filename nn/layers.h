// The layers. Those with parameters are classes; those that are a function with options are one line each, in
// the tables at the end.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>

#include "nn/functional.h"
#include "nn/module.h"

namespace gradus::nn {

// ---- Layers with parameters -------------------------------------------------------------------------------

/// y = x Wᵀ + b.  x: (…, in), y: (…, out); weight: (out, in), bias: (out), both uniform on ±1 / √in at first.
class LinearImpl : public Cloneable<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features)
      : LinearImpl(LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const LinearOptions& options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& x) { return functional::linear(x, weight, bias); }
  void pretty_print(std::ostream& out) const override;

  LinearOptions options;
  Tensor weight, bias;
};
using Linear = ModuleHolder<LinearImpl>;

/// One vector for each of num_embeddings things: int64 indices of any shape give (*indices, embedding_dim).
/// weight: (num_embeddings, embedding_dim), normal at first. The row padding_idx, if there is one, begins as zeros
/// and is not trained.
class EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim)
      : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
  explicit EmbeddingImpl(const EmbeddingOptions& options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& indices) {
    return functional::embedding(indices, weight, EmbeddingFuncOptions().padding_idx(options.padding_idx()));
  }
  void pretty_print(std::ostream& out) const override;

  EmbeddingOptions options;
  Tensor weight;
};
struct Embedding : ModuleHolder<EmbeddingImpl> {
  using ModuleHolder::ModuleHolder;
  /// A layer on a given table, which is trained only if options.freeze(false).
  static Embedding from_pretrained(const Tensor& embeddings,
                                   const EmbeddingFromPretrainedOptions& options = {});
};

/// (x - mean) / √(var + ε) · w + b over the last dimensions; see functional::layer_norm.
class LayerNormImpl : public Cloneable<LayerNormImpl> {
 public:
  explicit LayerNormImpl(const LayerNormOptions& options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& x);
  void pretty_print(std::ostream& out) const override;

  LayerNormOptions options;
  Tensor weight, bias;
};
using LayerNorm = ModuleHolder<LayerNormImpl>;

/// The same feature by feature over the batch, with running averages for evaluation; see
/// functional::batch_norm.
class BatchNorm1dImpl : public Cloneable<BatchNorm1dImpl> {
 public:
  explicit BatchNorm1dImpl(const BatchNormOptions& options);
  void reset() override;
  void reset_parameters();
  void reset_running_stats();
  Tensor forward(const Tensor& x);  // (N, C) or (N, C, L)
  void pretty_print(std::ostream& out) const override;

  BatchNormOptions options;
  Tensor weight, bias, running_mean, running_var, num_batches_tracked;
};
using BatchNorm1d = ModuleHolder<BatchNorm1dImpl>;

// ---- Layers that know whether they are trained, or only reshape -------------------------------------------

/// While training, zeroes each element with probability p and scales the others by 1 / (1 - p).
class DropoutImpl : public Cloneable<DropoutImpl> {
 public:
  explicit DropoutImpl(const DropoutOptions& options = {});
  void reset() override {}
  Tensor forward(const Tensor& x);
  void pretty_print(std::ostream& out) const override {
    out << std::boolalpha << "gradus::nn::Dropout(p=" << options.p() << ", inplace=" << options.inplace()
        << ')';
  }

  DropoutOptions options;
};
using Dropout = ModuleHolder<DropoutImpl>;

/// Dimensions start_dim to end_dim as one: by default (N, …) to (N, |…|).
class FlattenImpl : public Cloneable<FlattenImpl> {
 public:
  explicit FlattenImpl(const FlattenOptions& options = {}) : options(options) {}
  void reset() override {}
  Tensor forward(const Tensor& x) { return x.flatten(options.start_dim(), options.end_dim()); }
  void pretty_print(std::ostream& out) const override;

  FlattenOptions options;
};
using Flatten = ModuleHolder<FlattenImpl>;

class IdentityImpl : public Cloneable<IdentityImpl> {
 public:
  void reset() override {}
  Tensor forward(const Tensor& x) { return x; }
  void pretty_print(std::ostream& out) const override { out << "gradus::nn::Identity()"; }
};
using Identity = ModuleHolder<IdentityImpl>;

/// Any function as a layer: Functional(relu), or a lambda.
class FunctionalImpl : public Cloneable<FunctionalImpl> {
 public:
  explicit FunctionalImpl(std::function<Tensor(Tensor)> function) : function_(std::move(function)) {}
  void reset() override {}
  Tensor forward(const Tensor& x) { return function_(x); }
  void pretty_print(std::ostream& out) const override { out << "gradus::nn::Functional()"; }

 private:
  std::function<Tensor(Tensor)> function_;
};
using Functional = ModuleHolder<FunctionalImpl>;

// ---- Layers that are a function: activations and losses ---------------------------------------------------

/// A string as a template argument.
template <size_t N>
struct LayerName {
  constexpr LayerName(const char (&name)[N]) { std::copy_n(name, N, text); }  // NOLINT
  char text[N];
};

struct NoOptions {};

// How options show when a layer is printed; most do not.
inline void print_options(std::ostream&, const auto&) {}
inline void print_options(std::ostream& out, const InplaceOptions& o) {
  out << (o.inplace() ? "inplace=true" : "");
}
inline void print_options(std::ostream& out, const LeakyReLUOptions& o) {
  out << "negative_slope=" << o.negative_slope() << (o.inplace() ? ", inplace=true" : "");
}
inline void print_options(std::ostream& out, const ELUOptions& o) {
  out << "alpha=" << o.alpha() << (o.inplace() ? ", inplace=true" : "");
}
inline void print_options(std::ostream& out, const HardtanhOptions& o) {
  out << "min_val=" << o.min_val() << ", max_val=" << o.max_val() << (o.inplace() ? ", inplace=true" : "");
}
inline void print_options(std::ostream& out, const ThresholdOptions& o) {
  out << "threshold=" << o.threshold() << ", value=" << o.value() << (o.inplace() ? ", inplace=true" : "");
}
inline void print_options(std::ostream& out, const ShrinkOptions& o) { out << o.lambda(); }
inline void print_options(std::ostream& out, const SoftmaxOptions& o) { out << "dim=" << o.dim(); }
inline void print_options(std::ostream& out, const SoftplusOptions& o) {
  out << "beta=" << o.beta() << ", threshold=" << o.threshold();
}
template <int default_margin>
void print_options(std::ostream& out, const MarginLossOptions<default_margin>& o) {
  out << "margin=" << o.margin();
}

/// The layer y = function(inputs…, options).
template <LayerName name, auto function, class Options = NoOptions>
class FunctionLayer : public Cloneable<FunctionLayer<name, function, Options>> {
 public:
  template <class... Arguments>
  requires std::constructible_from<Options, Arguments...>
  explicit FunctionLayer(Arguments&&... arguments) : options(std::forward<Arguments>(arguments)...) {}
  void reset() override {}
  template <class... Inputs>
  Tensor forward(const Inputs&... inputs) {
    if constexpr (std::is_same_v<Options, NoOptions>)
      return function(inputs...);
    else
      return function(inputs..., options);
  }
  void pretty_print(std::ostream& out) const override {
    out << "gradus::nn::" << name.text << '(';
    print_options(out, options);
    out << ')';
  }

  Options options;
};

// forward(x)
using ReLUImpl = FunctionLayer<"ReLU", functional::relu, ReLUOptions>;
using ReLU6Impl = FunctionLayer<"ReLU6", functional::relu6, ReLU6Options>;
using LeakyReLUImpl = FunctionLayer<"LeakyReLU", functional::leaky_relu, LeakyReLUOptions>;
using ELUImpl = FunctionLayer<"ELU", functional::elu, ELUOptions>;
using SELUImpl = FunctionLayer<"SELU", functional::selu, SELUOptions>;
using CELUImpl = FunctionLayer<"CELU", functional::celu, CELUOptions>;
using GELUImpl = FunctionLayer<"GELU", functional::gelu, GELUOptions>;
using SiLUImpl = FunctionLayer<"SiLU", functional::silu>;
using MishImpl = FunctionLayer<"Mish", functional::mish>;
using SigmoidImpl = FunctionLayer<"Sigmoid", gradus::sigmoid>;
using LogSigmoidImpl = FunctionLayer<"LogSigmoid", functional::logsigmoid>;
using TanhImpl = FunctionLayer<"Tanh", gradus::tanh>;
using TanhshrinkImpl = FunctionLayer<"Tanhshrink", functional::tanhshrink>;
using SoftsignImpl = FunctionLayer<"Softsign", functional::softsign>;
using SoftplusImpl = FunctionLayer<"Softplus", functional::softplus, SoftplusOptions>;
using HardtanhImpl = FunctionLayer<"Hardtanh", functional::hardtanh, HardtanhOptions>;
using HardshrinkImpl = FunctionLayer<"Hardshrink", functional::hardshrink, HardshrinkOptions>;
using SoftshrinkImpl = FunctionLayer<"Softshrink", functional::softshrink, SoftshrinkOptions>;
using ThresholdImpl = FunctionLayer<"Threshold", functional::threshold, ThresholdOptions>;
using SoftmaxImpl = FunctionLayer<"Softmax", functional::softmax, SoftmaxOptions>;
using SoftminImpl = FunctionLayer<"Softmin", functional::softmin, SoftminOptions>;
using LogSoftmaxImpl = FunctionLayer<"LogSoftmax", functional::log_softmax, LogSoftmaxOptions>;

// forward(input, target)
using MSELossImpl = FunctionLayer<"MSELoss", functional::mse_loss, MSELossOptions>;
using L1LossImpl = FunctionLayer<"L1Loss", functional::l1_loss, L1LossOptions>;
using SmoothL1LossImpl = FunctionLayer<"SmoothL1Loss", functional::smooth_l1_loss, SmoothL1LossOptions>;
using HuberLossImpl = FunctionLayer<"HuberLoss", functional::huber_loss, HuberLossOptions>;
using NLLLossImpl = FunctionLayer<"NLLLoss", functional::nll_loss, NLLLossOptions>;
using CrossEntropyLossImpl =
    FunctionLayer<"CrossEntropyLoss", functional::cross_entropy, CrossEntropyLossOptions>;
using BCELossImpl = FunctionLayer<"BCELoss", functional::binary_cross_entropy, BCELossOptions>;
using BCEWithLogitsLossImpl = FunctionLayer<"BCEWithLogitsLoss", functional::binary_cross_entropy_with_logits,
                                            BCEWithLogitsLossOptions>;
using KLDivLossImpl = FunctionLayer<"KLDivLoss", functional::kl_div, KLDivLossOptions>;
using HingeEmbeddingLossImpl =
    FunctionLayer<"HingeEmbeddingLoss", functional::hinge_embedding_loss, HingeEmbeddingLossOptions>;

// forward(input1, input2, target)
using MarginRankingLossImpl =
    FunctionLayer<"MarginRankingLoss", functional::margin_ranking_loss, MarginRankingLossOptions>;
using CosineEmbeddingLossImpl =
    FunctionLayer<"CosineEmbeddingLoss", functional::cosine_embedding_loss, CosineEmbeddingLossOptions>;

using ReLU = ModuleHolder<ReLUImpl>;
using ReLU6 = ModuleHolder<ReLU6Impl>;
using LeakyReLU = ModuleHolder<LeakyReLUImpl>;
using ELU = ModuleHolder<ELUImpl>;
using SELU = ModuleHolder<SELUImpl>;
using CELU = ModuleHolder<CELUImpl>;
using GELU = ModuleHolder<GELUImpl>;
using SiLU = ModuleHolder<SiLUImpl>;
using Mish = ModuleHolder<MishImpl>;
using Sigmoid = ModuleHolder<SigmoidImpl>;
using LogSigmoid = ModuleHolder<LogSigmoidImpl>;
using Tanh = ModuleHolder<TanhImpl>;
using Tanhshrink = ModuleHolder<TanhshrinkImpl>;
using Softsign = ModuleHolder<SoftsignImpl>;
using Softplus = ModuleHolder<SoftplusImpl>;
using Hardtanh = ModuleHolder<HardtanhImpl>;
using Hardshrink = ModuleHolder<HardshrinkImpl>;
using Softshrink = ModuleHolder<SoftshrinkImpl>;
using Threshold = ModuleHolder<ThresholdImpl>;
using Softmax = ModuleHolder<SoftmaxImpl>;
using Softmin = ModuleHolder<SoftminImpl>;
using LogSoftmax = ModuleHolder<LogSoftmaxImpl>;
using MSELoss = ModuleHolder<MSELossImpl>;
using L1Loss = ModuleHolder<L1LossImpl>;
using SmoothL1Loss = ModuleHolder<SmoothL1LossImpl>;
using HuberLoss = ModuleHolder<HuberLossImpl>;
using NLLLoss = ModuleHolder<NLLLossImpl>;
using CrossEntropyLoss = ModuleHolder<CrossEntropyLossImpl>;
using BCELoss = ModuleHolder<BCELossImpl>;
using BCEWithLogitsLoss = ModuleHolder<BCEWithLogitsLossImpl>;
using KLDivLoss = ModuleHolder<KLDivLossImpl>;
using HingeEmbeddingLoss = ModuleHolder<HingeEmbeddingLossImpl>;
using MarginRankingLoss = ModuleHolder<MarginRankingLossImpl>;
using CosineEmbeddingLoss = ModuleHolder<CosineEmbeddingLossImpl>;

}  // namespace gradus::nn
