// Initial values for parameters. Each function fills a tensor without recording, and returns it.
// Values are drawn in PyTorch's order, so the same seed gives the same parameters as in PyTorch.
// nn/tools/initialisers.h has more functions.
//
// A weight is (out, in, …). With fan_in = in · |…| and fan_out = out · |…|, a variance proportional
// to 1 / fan keeps activations and gradients from growing or shrinking layer by layer.
#pragma once

#include "nn/enum.h"
#include "tensor/tensor.h"

namespace gradus::nn::init {

Tensor uniform_(Tensor x, double low = 0, double high = 1);  // uniform on [low, high)
Tensor normal_(Tensor x, double mean = 0, double std = 1);   // normally distributed
Tensor constant_(Tensor x, const Scalar& value);             // fills x with the value
Tensor ones_(Tensor x);                                      // fills x with ones
Tensor zeros_(Tensor x);                                     // fills x with zeros

/// Uniform on ±√3 s, which has standard deviation s = gain / √fan. `a` is the negative slope of a leaky ReLU.
/// Source: He et al., "Delving deep into rectifiers" (2015).
Tensor kaiming_uniform_(Tensor x, double a = 0, FanMode mode = kFanIn,
                        Nonlinearity nonlinearity = kLeakyReLU);

/// The factor for the weights' standard deviation that compensates for a nonlinearity, which shrinks
/// its input: 1 for linear and sigmoid, 5/3 for tanh, √2 for ReLU, √(2 / (1 + param²)) for a leaky
/// ReLU of slope param.
double calculate_gain(Nonlinearity nonlinearity, double param = 0.01);

/// The number of inputs of an output, and the number of outputs that an input reaches.
struct Fans {
  double in, out;  // connections into an output, and out of an input
};
/// Error if x has fewer than two dimensions or no elements.
Fans fans_of(const Tensor& x);
/// Uniform on ±√3 s, where s is the standard deviation.
Tensor uniform_with_deviation(const Tensor& x, double deviation);
/// gain / √fan
double kaiming_deviation(const Tensor& x, double a, FanMode mode, Nonlinearity nonlinearity);

}  // namespace gradus::nn::init
