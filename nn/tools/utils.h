// Helpers for training loops, as in torch::nn::utils.
#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace gradus::nn::utils {

/// Scales all gradients by one factor, so that the norm of all their elements g is at most max_norm. The norm
/// is (Σ |g|ᵖ)^(1/p) for norm_type p, and the largest |g| for norm_type infinity. Returns the norm before the
/// scaling. Parameters without gradient are skipped.
/// Source: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks" (2013).
double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false);
inline double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type = 2,
                              bool error_if_nonfinite = false) {
  return clip_grad_norm_(std::vector<Tensor>{parameter}, max_norm, norm_type, error_if_nonfinite);
}

/// Limits every element of every gradient to ±clip_value.
void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value);
inline void clip_grad_value_(const Tensor& parameter, double clip_value) {
  clip_grad_value_(std::vector<Tensor>{parameter}, clip_value);
}

/// All parameters concatenated to one vector.
Tensor parameters_to_vector(const std::vector<Tensor>& parameters);
/// Makes the parameters views of consecutive parts of `vector`. Error unless `vector` has as many elements
/// as all parameters together.
void vector_to_parameters(const Tensor& vector, const std::vector<Tensor>& parameters);

}  // namespace gradus::nn::utils
