// Derivatives of functions rather than of tensors; and checkpoint, which recomputes
// results instead of saving them. Not part of libtorch's C++ API: the names are those
// of torch.autograd.functional and torch.utils.checkpoint.
//
// For f : ℝⁿ → ℝᵐ with Jacobian J (m, n), one backward pass computes one product vᵀJ. All functions here are
// made of such passes.
#pragma once

#include <functional>
#include <utility>

#include "autograd/autograd.h"

namespace gradus::autograd {

/// A function of one tensor, or of several. It may use other tensors too; those count as constants here.
using FunctionOfOne = std::function<Tensor(const Tensor&)>;
using FunctionOfSeveral = std::function<Tensor(const variable_list&)>;

// In all of the following functions the inputs are floating point, of any shape. Neither they nor their .grad change.
// With create_graph the results can be differentiated again, by the inputs that require grad and by v: to any order.
// An input that f does not depend on has a derivative of zeros.

/// (f(x), vᵀJ): v has the shape of f(x), and vᵀJ that of x. One backward pass.
std::pair<Tensor, Tensor> vjp(const FunctionOfOne& f, const Tensor& x, const Tensor& v,
                              bool create_graph = false);
std::pair<Tensor, variable_list> vjp(const FunctionOfSeveral& f, const variable_list& x, const Tensor& v,
                                     bool create_graph = false);

/// (f(x), J v): v has the shape of x, and J v that of f(x). Reverse mode gives uᵀJ, which is linear in u. The
/// derivative of uᵀJ v by u is J v. So this costs two backward passes; there is no forward mode.
std::pair<Tensor, Tensor> jvp(const FunctionOfOne& f, const Tensor& x, const Tensor& v,
                              bool create_graph = false);
std::pair<Tensor, Tensor> jvp(const FunctionOfSeveral& f, const variable_list& x, const variable_list& v,
                              bool create_graph = false);

/// J itself, of shape (*f(x).sizes, *x.sizes). One backward pass per element of f(x). For a list,
/// one Jacobian per input.
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

/// f(inputs), recorded as one op that saves only the inputs. Backward computes f again to get the tensors that
/// the rules need. This saves memory and costs time: a chain of n layers in √n checkpoints holds the results of
/// about 2√n layers at once instead of n.
///
/// Gradients also reach tensors that f captures, such as a layer's parameters. f draws the same random numbers
/// the second time, so it may contain dropout. It must not depend on anything else that changes. Differentiable
/// to any order. Source: Chen, Xu, Zhang & Guestrin, "Training Deep Nets with Sublinear Memory Cost" (2016).
Tensor checkpoint(const FunctionOfSeveral& f, const variable_list& inputs);
Tensor checkpoint(const FunctionOfOne& f, const Tensor& input);

}  // namespace gradus::autograd
