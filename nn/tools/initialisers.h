// More initial values for parameters. The common ones are in nn/init.h.
#pragma once

#include "nn/init.h"

namespace gradus::nn::init {

/// A matrix with ones on its diagonal and zeros elsewhere.
Tensor eye_(Tensor x);

/// Uniform on ±√3 s, or normal with deviation s = gain √(2 / (fan_in + fan_out)).
/// Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward networks" (2010).
Tensor xavier_uniform_(Tensor x, double gain = 1);
Tensor xavier_normal_(Tensor x, double gain = 1);

/// Normal with the deviation of kaiming_uniform_.
Tensor kaiming_normal_(Tensor x, double a = 0, FanMode mode = kFanIn, Nonlinearity nonlinearity = kLeakyReLU);

/// gain times a matrix with orthonormal columns, or with orthonormal rows if it has fewer rows than columns.
/// A tensor with more dimensions is treated as a matrix: the first dimension is the rows, all others
/// together are the columns.
/// Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in
/// deep linear neural networks" (2014).
Tensor orthogonal_(Tensor x, double gain = 1);

}  // namespace gradus::nn::init
