// Initial values for parameters: each function fills the tensor, records nothing, and returns it. The draws
// and their order are PyTorch's, so a seed gives the same parameters.
//
// A weight is (out, in, …). With fan_in = in · |…| and fan_out = out · |…|, variances that scale as 1 / fan
// keep the spread of activations and gradients from growing or shrinking layer by layer.
#pragma once

#include "nn/enum.h"
#include "tensor/tensor.h"

namespace gradus::nn::init {

Tensor uniform_(Tensor x, double low = 0, double high = 1);
Tensor normal_(Tensor x, double mean = 0, double std = 1);
Tensor constant_(Tensor x, const Scalar& value);
Tensor ones_(Tensor x);
Tensor zeros_(Tensor x);
/// A matrix with ones on its diagonal.
Tensor eye_(Tensor x);

/// Uniform on ±√3 s, or normal with deviation s = gain √(2 / (fan_in + fan_out)).
/// Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward networks" (2010).
Tensor xavier_uniform_(Tensor x, double gain = 1);
Tensor xavier_normal_(Tensor x, double gain = 1);

/// Uniform on ±√3 s, or normal with deviation s = gain / √fan; `a` is the negative slope of a leaky ReLU.
/// Source: He et al., "Delving deep into rectifiers" (2015).
Tensor kaiming_uniform_(Tensor x, double a = 0, FanMode mode = kFanIn,
                        Nonlinearity nonlinearity = kLeakyReLU);
Tensor kaiming_normal_(Tensor x, double a = 0, FanMode mode = kFanIn, Nonlinearity nonlinearity = kLeakyReLU);

/// gain times a matrix with orthonormal columns, or rows if those are fewer; dimensions after the first count as one.
/// Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
/// networks" (2014).
Tensor orthogonal_(Tensor x, double gain = 1);

/// By how much a weight's deviation makes up for what the function after it takes away: 1 for linear and
/// sigmoid, 5/3 for tanh, √2 for ReLU, √(2 / (1 + param²)) for a leaky ReLU of slope param.
double calculate_gain(Nonlinearity nonlinearity, double param = 0.01);

}  // namespace gradus::nn::init
