// All activations but ReLU (nn/layers.h), each as a layer (nn::ELU) and as a function with options
// (nn::functional::elu). The functions themselves are ops: autograd/more_ops/activations.cpp.
#pragma once

#include <string>

#include "autograd/more_ops/activations.h"
#include "nn/function_layer.h"

namespace gradus::nn {

// ---- Without options --------------------------------------------------------------------------------------

/// x / (1 + |x|)
Tensor softsign_of(const Tensor& x);
/// x - tanh x
Tensor tanhshrink_of(const Tensor& x);

GRADUS_LAYER(SiLU, silu, NoOptions<gradus::silu>);
GRADUS_LAYER(Mish, mish, NoOptions<gradus::mish>);
GRADUS_LAYER(Sigmoid, sigmoid, NoOptions<gradus::sigmoid>);
GRADUS_LAYER(LogSigmoid, logsigmoid, NoOptions<gradus::log_sigmoid>);
GRADUS_LAYER(Tanh, tanh, NoOptions<gradus::tanh>);
GRADUS_LAYER(Tanhshrink, tanhshrink, NoOptions<tanhshrink_of>);
GRADUS_LAYER(Softsign, softsign, NoOptions<softsign_of>);

// ---- With options -----------------------------------------------------------------------------------------

// inplace(true) writes the result over the input.

/// x limited to [0, 6].
using ReLU6Options = InplaceOptions<gradus::relu6>;
GRADUS_LAYER(ReLU6, relu6, ReLU6Options);

/// elu, scaled so that activations keep mean 0 and variance 1.
using SELUOptions = InplaceOptions<gradus::selu>;
GRADUS_LAYER(SELU, selu, SELUOptions);

/// x where x > 0, negative_slope · x elsewhere.
struct LeakyReLUOptions {
  Tensor operator()(const Tensor& x) const { return gradus::leaky_relu(x, negative_slope_); }
  void fields(auto& field) const { field("negative_slope", negative_slope_).if_true("inplace", inplace_); }
  GRADUS_ARG(double, negative_slope) = 1e-2;
  GRADUS_ARG(bool, inplace) = false;
};
GRADUS_LAYER(LeakyReLU, leaky_relu, LeakyReLUOptions);

/// x where x > 0, α (eˣ - 1) elsewhere.
struct ELUOptions {
  Tensor operator()(const Tensor& x) const { return gradus::elu(x, alpha_); }
  void fields(auto& field) const { field("alpha", alpha_).if_true("inplace", inplace_); }
  GRADUS_ARG(double, alpha) = 1;
  GRADUS_ARG(bool, inplace) = false;
};
GRADUS_LAYER(ELU, elu, ELUOptions);

/// x where x > 0, α (e^(x/α) - 1) elsewhere.
struct CELUOptions {
  Tensor operator()(const Tensor& x) const { return gradus::celu(x, alpha_); }
  void fields(auto& field) const { field("alpha", alpha_).if_true("inplace", inplace_); }
  GRADUS_ARG(double, alpha) = 1;
  GRADUS_ARG(bool, inplace) = false;
};
GRADUS_LAYER(CELU, celu, CELUOptions);

/// x Φ(x), with Φ the normal distribution function. approximate("tanh") approximates Φ with tanh.
struct GELUOptions {
  Tensor operator()(const Tensor& x) const { return gradus::gelu(x, approximate_); }
  GRADUS_ARG(std::string, approximate) = "none";
};
GRADUS_LAYER(GELU, gelu, GELUOptions);

/// ln(1 + e^(βx)) / β, or x where βx > threshold.
struct SoftplusOptions {
  Tensor operator()(const Tensor& x) const { return gradus::softplus(x, beta_, threshold_); }
  void fields(auto& field) const { field("beta", beta_)("threshold", threshold_); }
  GRADUS_ARG(double, beta) = 1;
  GRADUS_ARG(double, threshold) = 20;
};
GRADUS_LAYER(Softplus, softplus, SoftplusOptions);

/// x limited to [min_val, max_val].
struct HardtanhOptions {
  Tensor operator()(const Tensor& x) const { return gradus::hardtanh(x, min_val_, max_val_); }
  void fields(auto& field) const {
    field("min_val", min_val_)("max_val", max_val_).if_true("inplace", inplace_);
  }
  GRADUS_ARG(double, min_val) = -1;
  GRADUS_ARG(double, max_val) = 1;
  GRADUS_ARG(bool, inplace) = false;
};
GRADUS_LAYER(Hardtanh, hardtanh, HardtanhOptions);

/// x where x > threshold, value elsewhere.
struct ThresholdOptions {
  ThresholdOptions(double threshold, double value) : threshold_(threshold), value_(value) {}
  Tensor operator()(const Tensor& x) const { return gradus::threshold(x, threshold_, value_); }
  void fields(auto& field) const {
    field("threshold", threshold_)("value", value_).if_true("inplace", inplace_);
  }
  GRADUS_ARG(double, threshold);  // larger x stay as they are
  GRADUS_ARG(double, value);      // replaces the others
  GRADUS_ARG(bool, inplace) = false;
};
GRADUS_LAYER(Threshold, threshold, ThresholdOptions);

/// Options of a function with a parameter λ.
template <Tensor (*function)(const Tensor&, const Scalar&)>
struct ShrinkOptions {
  ShrinkOptions(double lambda = 0.5) : lambda_(lambda) {}  // NOLINT: Hardshrink(1)
  Tensor operator()(const Tensor& x) const { return function(x, lambda_); }
  void fields(auto& field) const { field("", lambda_); }
  GRADUS_ARG(double, lambda);  // λ, 0.5 if not given
};
/// x where |x| > λ, 0 elsewhere.
using HardshrinkOptions = ShrinkOptions<gradus::hardshrink>;
GRADUS_LAYER(Hardshrink, hardshrink, HardshrinkOptions);
/// x moved towards 0 by λ.
using SoftshrinkOptions = ShrinkOptions<gradus::softshrink>;
GRADUS_LAYER(Softshrink, softshrink, SoftshrinkOptions);

/// The first half of x along dim, times σ of the second half.  Source: Dauphin et al. (2017).
Tensor glu_of(const Tensor& x, int64_t dim);
struct GLUOptions {
  GLUOptions(int64_t dim = -1) : dim_(dim) {}  // NOLINT: GLU(1)
  Tensor operator()(const Tensor& x) const { return glu_of(x, dim_); }
  void fields(auto& field) const { field("dim", dim_); }
  GRADUS_ARG(int64_t, dim);  // Error if its size is odd
};
GRADUS_LAYER(GLU, glu, GLUOptions);

namespace functional {
/// x where x > 0, weight · x elsewhere. weight: one number, or one for each channel, along dimension 1 of x.
Tensor prelu(const Tensor& x, const Tensor& weight);
}  // namespace functional

struct PReLUOptions {
  PReLUOptions(int64_t num_parameters = 1) : num_parameters_(num_parameters) {}  // NOLINT: PReLU(12)
  void fields(auto& field) const { field("num_parameters", num_parameters_); }
  GRADUS_ARG(int64_t, num_parameters);  // 1, or the number of channels
  GRADUS_ARG(double, init) = 0.25;
};
/// functional::prelu with a weight that is learned.
/// Source: He et al., "Delving Deep into Rectifiers" (2015).
class PReLUImpl : public Cloneable<PReLUImpl> {
 public:
  explicit PReLUImpl(const PReLUOptions& options = {});
  void reset() override;
  Tensor forward(const Tensor& x) { return functional::prelu(x, weight); }
  void pretty_print(std::ostream& out) const override { print_layer(out, "PReLU", options); }

  PReLUOptions options;  // as it was made
  Tensor weight;         // (num_parameters)
};
using PReLU = ModuleHolder<PReLUImpl>;

/// Options of a function along a dimension. The input is converted to dtype first, if one is given.
template <Tensor (*function)(const Tensor&, int64_t)>
struct AlongDimensionOptions {
  AlongDimensionOptions(int64_t dim) : dim_(dim) {}  // NOLINT: Softmax(1)
  Tensor operator()(const Tensor& x) const { return function(dtype_ ? x.to(*dtype_) : x, dim_); }
  void fields(auto& field) const { field("dim", dim_); }
  GRADUS_ARG(int64_t, dim);  // the dimension that is normalised
  GRADUS_ARG(std::optional<Dtype>, dtype) = {};
};
inline Tensor softmin_of(const Tensor& x, int64_t dim) { return gradus::softmax(-x, dim); }

/// e^xᵢ / Σⱼ e^xⱼ
using SoftmaxOptions = AlongDimensionOptions<gradus::softmax>;
GRADUS_LAYER(Softmax, softmax, SoftmaxOptions);
/// softmax(-x)
using SoftminOptions = AlongDimensionOptions<softmin_of>;
GRADUS_LAYER(Softmin, softmin, SoftminOptions);
/// ln softmax(x)
using LogSoftmaxOptions = AlongDimensionOptions<gradus::log_softmax>;
GRADUS_LAYER(LogSoftmax, log_softmax, LogSoftmaxOptions);

}  // namespace gradus::nn
