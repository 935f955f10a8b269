// Differentiating: backward and grad. What runs them is in engine.h, what they walk over in node.h.
#pragma once

#include <optional>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "tensor/tensor.h"

namespace gradus::autograd {

using Variable = Tensor;  // libtorch's older name
using variable_list = std::vector<Tensor>;

/// Adds to .grad of every leaf that the tensors were computed from the derivative of Σᵢ <gradientᵢ, tensorᵢ>.
/// See Tensor::backward for the arguments.
void backward(TensorList tensors, TensorList gradients = {}, std::optional<bool> retain_graph = {},
              bool create_graph = false, std::optional<TensorList> inputs = {});

/// The derivatives of Σᵢ <grad_outputᵢ, outputᵢ> by each input (leaf or not), one tensor per input; no .grad
/// changes. With create_graph the result can be differentiated again. An input that the outputs do not depend
/// on is an Error, or an undefined tensor with allow_unused.
std::vector<Tensor> grad(TensorList outputs, TensorList inputs, TensorList grad_outputs = {},
                         std::optional<bool> retain_graph = {}, bool create_graph = false,
                         bool allow_unused = false);

}  // namespace gradus::autograd
