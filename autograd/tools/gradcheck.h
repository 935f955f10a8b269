// gradcheck compares the Jacobian that the tape computes with finite differences.
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
  double eps = 1e-6;            // the step ε
  double atol = 1e-5;           // analytic and numeric may differ by atol + rtol |numeric|
  double rtol = 1e-3;           // relative to the numeric derivative
  bool raise_exception = true;  // false: for a wrong derivative the result is false, instead of an Error
  double nondet_tol = 0;        // two backward passes may differ by this much
  /// False compares every entry of every Jacobian. True compares vᵀ J u for a few random u and v, which
  /// costs the same for any size but cannot name the entry. By default it is true if the Jacobian has
  /// more than kMostJacobianEntries entries.
  std::optional<bool> fast_mode = {};
  std::string name = {};  // of the function, for messages; by default that of the op that made its output
};

/// Above this many entries, fast_mode is the default.
inline constexpr int64_t kMostJacobianEntries = 10'000;

using ListFunction = std::function<variable_list(const variable_list&)>;
using TensorFunction = std::function<Tensor(const variable_list&)>;

/// Compares the derivatives of fn(inputs) by every input that requires grad with finite differences. It also
/// checks that backward gives the same numbers twice, that gradients have their inputs' shapes, and that fn does
/// not change its inputs. An undefined gradient, or an output outside the graph, counts as a derivative of zero.
///
/// Floating-point inputs and outputs must be float64: the rounding of float32 is larger than the differences.
/// Inputs may have any strides, but no two entries may share memory, as in an expanded tensor: expand it inside
/// fn instead. gradcheck changes the inputs' elements and restores them. It ignores integer outputs.
///
/// Throws Error on misuse and, unless raise_exception is false, on a wrong derivative. The message names the
/// input, its entry, the output's entry, both numbers and the tolerance. Random directions come from a
/// generator of their own.
bool gradcheck(const ListFunction& fn, const variable_list& inputs, const GradcheckOptions& options = {});
bool gradcheck(const TensorFunction& fn, const variable_list& inputs, const GradcheckOptions& options = {});

/// gradcheck for second derivatives: it checks the map (inputs, grad_outputs) → gradients of inputs. Give one
/// grad_output for each output that requires grad, or none; then they are random.
bool gradgradcheck(const ListFunction& fn, const variable_list& inputs,
                   const variable_list& grad_outputs = {}, const GradcheckOptions& options = {});
bool gradgradcheck(const TensorFunction& fn, const variable_list& inputs,
                   const variable_list& grad_outputs = {}, const GradcheckOptions& options = {});

}  // namespace gradus::autograd
