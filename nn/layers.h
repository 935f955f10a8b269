// The layers of most networks: Linear, Embedding, Dropout and ReLU, each as a module (nn::Linear) and as a
// function (nn::functional::linear). The functions take the parameters as arguments.
#pragma once

#include "nn/function_layer.h"

namespace gradus {

/// y = x Wᵀ + b.  x: (…, in), weight: (out, in), bias: (out) or undefined; y: (…, out).
/// With a weight (in) and a bias (), y is (…).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// One-hot vectors (*labels, num_classes), int64, with a 1 at each label. num_classes = -1 means the
/// largest label + 1.
Tensor one_hot(const Tensor& labels, int64_t num_classes = -1);

/// Sets each element to 0 with probability p and divides the others by 1 - p, which keeps the expected value.
/// Returns x itself if `train` is false.
/// Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).
Tensor dropout(const Tensor& x, double p, bool train);

}  // namespace gradus

namespace gradus::nn {

// ---- Functions --------------------------------------------------------------------------------------------

namespace functional {

using gradus::linear, gradus::one_hot;

struct DropoutFuncOptions {
  GRADUS_ARG(double, p) = 0.5;
  GRADUS_ARG(bool, training) = true;
  GRADUS_ARG(bool, inplace) = false;
};
/// gradus::dropout with options. inplace(true) writes the result over x.
Tensor dropout(const Tensor& x, const DropoutFuncOptions& options = {});

struct EmbeddingFuncOptions {
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = {};
};
/// The rows of `weight` (count, width) at int64 indices of any shape: (*indices, width). The row padding_idx,
/// if given, gets no gradient; a negative padding_idx counts from the end.
Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingFuncOptions& options = {});

}  // namespace functional

// ---- Layers -----------------------------------------------------------------------------------------------

struct LinearOptions {
  LinearOptions(int64_t in_features, int64_t out_features)
      : in_features_(in_features), out_features_(out_features) {}
  void fields(auto& field) const {
    field("in_features", in_features_)("out_features", out_features_)("bias", bias_);
  }
  GRADUS_ARG(int64_t, in_features);   // size of the last dimension of x
  GRADUS_ARG(int64_t, out_features);  // size of the last dimension of y
  GRADUS_ARG(bool, bias) = true;
};

/// y = x Wᵀ + b.  x: (…, in), y: (…, out); weight: (out, in), bias: (out), both initially uniform
/// on ±1 / √in.
class LinearImpl : public Cloneable<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features)
      : LinearImpl(LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const LinearOptions& options);
  void reset() override;
  void reset_parameters();  // draws new initial values
  Tensor forward(const Tensor& x) { return linear(x, weight, bias); }
  void pretty_print(std::ostream& out) const override { print_layer(out, "Linear", options); }

  LinearOptions options;  // with which the layer was made
  Tensor weight, bias;    // both trained; bias is undefined without one
};
using Linear = ModuleHolder<LinearImpl>;

struct EmbeddingOptions {
  EmbeddingOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  void fields(auto& field) const {
    field("num_embeddings", num_embeddings_)("embedding_dim", embedding_dim_)("padding_idx", padding_idx_);
  }
  GRADUS_ARG(int64_t, num_embeddings);  // rows of the table
  GRADUS_ARG(int64_t, embedding_dim);   // width of a row
  /// A row that is not trained; a negative number counts from the end.
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = {};
  /// The initial table, instead of normally distributed numbers.
  GRADUS_ARG(Tensor, _weight) = {};
};
struct EmbeddingFromPretrainedOptions {
  GRADUS_ARG(bool, freeze) = true;
  GRADUS_ARG(std::optional<int64_t>, padding_idx) = {};
};

/// A table of num_embeddings vectors. forward maps int64 indices of any shape to vectors (*indices,
/// embedding_dim). weight: (num_embeddings, embedding_dim), initially N(0, 1). The row padding_idx, if given,
/// is initially zero and is not trained.
class EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim)
      : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
  explicit EmbeddingImpl(const EmbeddingOptions& options);
  void reset() override;
  void reset_parameters();                // draws new initial values
  Tensor forward(const Tensor& indices);  // (*indices, embedding_dim)
  void pretty_print(std::ostream& out) const override { print_layer(out, "Embedding", options); }

  EmbeddingOptions options;  // with which the layer was made
  Tensor weight;             // the table
};
struct Embedding : ModuleHolder<EmbeddingImpl> {
  using ModuleHolder::ModuleHolder;
  /// A layer with a given table (rows, width). The table is trained only with options.freeze(false).
  static Embedding from_pretrained(const Tensor& embeddings,
                                   const EmbeddingFromPretrainedOptions& options = {});
};

struct DropoutOptions {
  DropoutOptions(double p = 0.5) : p_(p) {}  // NOLINT: Dropout(0.1)
  void fields(auto& field) const { field("p", p_)("inplace", inplace_); }
  GRADUS_ARG(double, p);  // probability of a zero, 0.5 if not given
  GRADUS_ARG(bool, inplace) = false;
};

/// dropout(x) in training mode, x in evaluation mode.
class DropoutImpl : public Cloneable<DropoutImpl> {
 public:
  explicit DropoutImpl(const DropoutOptions& options = {});
  void reset() override {}
  Tensor forward(const Tensor& x);  // in training mode x with zeros, else x
  void pretty_print(std::ostream& out) const override { print_layer(out, "Dropout", options); }

  DropoutOptions options;  // with which the layer was made
};
using Dropout = ModuleHolder<DropoutImpl>;

/// max(x, 0)
using ReLUOptions = InplaceOptions<gradus::relu>;
GRADUS_LAYER(ReLU, relu, ReLUOptions);

}  // namespace gradus::nn
