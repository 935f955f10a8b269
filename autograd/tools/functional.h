// Derivatives of functions rather than of tensors, and recomputing instead of remembering. Not part of libtorch's C++ API;
// the names are those of torch.autograd.functional and torch.utils.checkpoint.
//
// For f : ℝⁿ → ℝᵐ with Jacobian J (m, n), one backward pass computes one product vᵀJ. Everything here is made of such passes.
#pragma once

#include <functional>
#include <utility>

#include "autograd/autograd.h"

namespace gradus::autograd {

/// A function of one tensor, or of several. It may use other tensors too; those count as constants here.
using FunctionOfOne = std::function<Tensor(const Tensor&)>;
using FunctionOfSeveral = std::function<Tensor(const variable_list&)>;

// In all of the following the inputs are floating point and any shape; they are left as they are, and so is their .grad.
// With create_graph the results can be differentiated again, by the inputs that require grad and by v: to any order.
// An input that f does not depend on has a derivative of zeros.

/// (f(x), vᵀJ): v has f(x)'s shape, the result x's. One backward pass.
std::pair<Tensor, Tensor> vjp(const FunctionOfOne& f, const Tensor& x, const Tensor& v,
                              bool create_graph = false);
std::pair<Tensor, variable_list> vjp(const FunctionOfSeveral& f, const variable_list& x, const Tensor& v,
                                     bool create_graph = false);

/// (f(x), J v): v has x's shape, the result f(x)'s. Reverse mode gives uᵀJ, which is linear in u: its derivative by u,
/// weighted with v, is J v. So this costs two backward passes; there is no forward mode.
std::pair<Tensor, Tensor> jvp(const FunctionOfOne& f, const Tensor& x, const Tensor& v,
                              bool create_graph = false);
std::pair<Tensor, Tensor> jvp(const FunctionOfSeveral& f, const variable_list& x, const variable_list& v,
                              bool create_graph = false);

/// J itself, of shape (*f(x).sizes, *x.sizes): one backward pass per element of f(x). One per input for a list.
Tensor jacobian(const FunctionOfOne& f, const Tensor& x, bool create_graph = false);
variable_list jacobian(const FunctionOfSeveral& f, const variable_list& x, bool create_graph = false);

/// The second derivatives of a function of one element, of shape (*x.sizes, *x.sizes): the Jacobian of its gradient.
/// For a list, element [i][j] has shape (*xᵢ.sizes, *xⱼ.sizes).
Tensor hessian(const FunctionOfOne& f, const Tensor& x, bool create_graph = false);
std::vector<variable_list> hessian(const FunctionOfSeveral& f, const variable_list& x,
                                   bool create_graph = false);

/// (f(x), H v) without H: the gradient of <∇f, v>. v has x's shape. Two backward passes.
std::pair<Tensor, Tensor> hvp(const FunctionOfOne& f, const Tensor& x, const Tensor& v,
                              bool create_graph = false);
std::pair<Tensor, variable_list> hvp(const FunctionOfSeveral& f, const variable_list& x,
                                     const variable_list& v, bool create_graph = false);

/// f(inputs), of which the tape remembers only the inputs: backward computes f again to get at what its rules saved. Memory
/// for time: a chain of n layers in √n checkpoints holds about 2√n layers' results at once instead of n.
///
/// Gradients also reach what f captures (a layer's parameters). f draws the same random numbers the second time, so it
/// may contain dropout; it must not depend on anything else that changes. Differentiable to any order.
/// Source: Chen, Xu, Zhang & Guestrin, "Training Deep Nets with Sublinear Memory Cost" (2016).
Tensor checkpoint(const FunctionOfSeveral& f, const variable_list& inputs);
Tensor checkpoint(const FunctionOfOne& f, const Tensor& input);

}  // namespace gradus::autograd
