// Differentiation: backward and grad. engine.h has the engine that runs them, node.h the graph that it walks.
#pragma once

#include <optional>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "tensor/tensor.h"

namespace gradus::autograd {

using Variable = Tensor;  // libtorch's older name
using variable_list = std::vector<Tensor>;

/// Computes the derivative of Σᵢ <gradientᵢ, tensorᵢ> by every leaf that the tensors were computed from, and adds
/// it to the leaf's .grad. See Tensor::backward for the arguments.
void backward(TensorList tensors, TensorList gradients = {}, std::optional<bool> retain_graph = {},
              bool create_graph = false, std::optional<TensorList> inputs = {});

/// The derivatives of Σᵢ <grad_outputᵢ, outputᵢ> by each input (leaf or not), one tensor per input. No .grad changes.
/// With create_graph the result can be differentiated again. An input that the outputs do not depend on is an Error;
/// with allow_unused its derivative is an undefined tensor.
std::vector<Tensor> grad(TensorList outputs, TensorList inputs, TensorList grad_outputs = {},
                         std::optional<bool> retain_graph = {}, bool create_graph = false,
                         bool allow_unused = false);

}  // namespace gradus::autograd
