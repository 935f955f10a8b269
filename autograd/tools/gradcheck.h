// Does a derivative do what the values say? The tape's Jacobian against finite differences.
//
// Backward gives a Jacobian row by row; the central difference gives it column by column,
//
//     ∂f/∂xₖ = (f(x + ε eₖ) - f(x - ε eₖ)) / 2ε + O(ε²),
//
// and knows nothing of derivative rules. Where the two differ, a rule is wrong, or x sits on a kink of f.
//
//     Tensor x = rand({3, 2}, dtype(kFloat64).requires_grad(true));
//     autograd::gradcheck([](const variable_list& in) { return in[0].exp(); }, {x});   // true, or an Error
//
// Names and defaults are torch.autograd.gradcheck's; libtorch has no such function in C++.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "autograd/autograd.h"

namespace gradus::autograd {

struct GradcheckOptions {
  double eps = 1e-6;   // the step ε
  double atol = 1e-5;  // analytic and numeric may differ by atol + rtol |numeric|
  double rtol = 1e-3;
  bool raise_exception = true;  // false: a wrong derivative is reported by the result, not by an Error
  double nondet_tol = 0;        // two backward passes may differ by this much
  /// False compares every entry of every Jacobian; true compares vᵀ J u for a few random u and v, which costs
  /// the same for any size but cannot name the entry. Unset, it is true for a Jacobian of more than
  /// kMostJacobianEntries entries.
  std::optional<bool> fast_mode = {};
  std::string name = {};  // of the function, for messages; unset, the op that made its output
};

inline constexpr int64_t kMostJacobianEntries = 10'000;

using ListFunction = std::function<variable_list(const variable_list&)>;
using TensorFunction = std::function<Tensor(const variable_list&)>;

/// Compares the derivatives of fn(inputs) by every input that requires grad with finite differences. Checks as
/// well that backward gives the same numbers twice, that gradients have their inputs' shapes, and that fn
/// leaves its inputs alone. An undefined gradient, or an output outside the graph, counts as a derivative of zero.
///
/// Inputs and outputs that take part must be float64: float32's rounding is larger than the differences. Inputs
/// may have any strides, but no two entries may share memory (an expanded tensor): take the small tensor as the
/// input and expand it inside fn. Their elements are changed and restored. Integer outputs are not looked at.
///
/// Throws Error on misuse; on a wrong derivative too, unless raise_exception is false, and then names the input,
/// its entry, the output's entry, both numbers and the tolerance. Random directions come from a generator of
/// its own.
bool gradcheck(const ListFunction& fn, const variable_list& inputs, const GradcheckOptions& options = {});
bool gradcheck(const TensorFunction& fn, const variable_list& inputs, const GradcheckOptions& options = {});

/// The same for second derivatives: gradcheck of the map (inputs, grad_outputs) → gradients of inputs. One
/// grad_output for each output that requires grad; if none are given, they are random.
bool gradgradcheck(const ListFunction& fn, const variable_list& inputs,
                   const variable_list& grad_outputs = {}, const GradcheckOptions& options = {});
bool gradgradcheck(const TensorFunction& fn, const variable_list& inputs,
                   const variable_list& grad_outputs = {}, const GradcheckOptions& options = {});

}  // namespace gradus::autograd
