// Activation functions: they stand between the layers of a network.
#pragma once

#include "tensor/tensor.h"

namespace gradus {

Tensor leaky_relu(const Tensor& x, const Scalar& negative_slope = 0.01);  // x, and slope·x below 0
/// scale·x, and scale·α (e^(input_scale·x) - 1) below 0.  Source: Clevert et al. (2015).
Tensor elu(const Tensor& x, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1);
Tensor celu(const Tensor& x, const Scalar& alpha = 1);  // x, and α (e^(x/α) - 1) below 0
Tensor selu(const Tensor& x);  // the elu that keeps mean 0 and variance 1.  Source: Klambauer et al. (2017).
/// ln(1 + e^(βx)) / β; x itself where βx > threshold.
Tensor softplus(const Tensor& x, const Scalar& beta = 1, const Scalar& threshold = 20);
Tensor log_sigmoid(const Tensor& x);  // ln σ(x)
/// x Φ(x), with Φ the normal distribution function, or its "tanh" approximation.
/// Source: Hendrycks & Gimpel, "Gaussian error linear units" (2016).
Tensor gelu(const Tensor& x, std::string_view approximate = "none");
Tensor silu(const Tensor& x);  // x σ(x)
Tensor mish(const Tensor& x);  // x tanh(softplus(x))
/// x kept within [min_val, max_val].
Tensor hardtanh(const Tensor& x, const Scalar& min_val = -1, const Scalar& max_val = 1);
Tensor relu6(const Tensor& x);  // x kept within [0, 6]
/// x where x > threshold, else value.
Tensor threshold(const Tensor& x, const Scalar& threshold, const Scalar& value);
Tensor hardshrink(const Tensor& x, const Scalar& lambd = 0.5);  // x, or 0 where |x| ≤ λ
Tensor softshrink(const Tensor& x, const Scalar& lambd = 0.5);  // x moved towards 0 by λ

}  // namespace gradus
