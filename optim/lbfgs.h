// L-BFGS: Newton's method without the Hessian. What the last steps s = x₊ - x and changes of the gradient
// y = g₊ - g tell of the curvature is enough to turn -g into a direction d ≈ -H⁻¹ g by two sweeps over them:
//
//     q = -g;       from the newest to the oldest:   αᵢ = sᵢᵀq / yᵢᵀsᵢ,      q ← q - αᵢ yᵢ
//     d = (yᵀs / yᵀy) q;  from the oldest on:        d ← d + (αᵢ - yᵢᵀd / yᵢᵀsᵢ) sᵢ
//     x ← x + t d
//
// t is lr, or what a line search finds that satisfies the strong Wolfe conditions: the loss f fell by a part of
// what its slope promised, f(t) ≤ f(0) + c₁ t f'(0), and the slope flattened, |f'(t)| ≤ c₂ |f'(0)|.
//
// All parameters are one vector here, and one step() takes up to max_iter of these iterations, so it needs a closure
// that computes the loss anew. Sources: Nocedal & Wright, "Numerical optimization" (2006), algorithms 7.4, 7.5 and
// 3.5; Schmidt, minFunc (2005), for the interpolation in the line search.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "optim/optimizer.h"

namespace gradus::optim {

struct LBFGSOptions : OptimizerCloneableOptions<LBFGSOptions> {
  LBFGSOptions(double lr = 1) : lr_(lr) {}  // NOLINT: LBFGS(parameters, 0.5)
  void validate() const override;
  void fields(Fields& fields) override;
  GRADUS_ARG(double, lr);
  GRADUS_ARG(int64_t, max_iter) = 20;
  GRADUS_ARG(std::optional<int64_t>, max_eval) = {};  // of the closure in a step; by default 5/4 max_iter
  GRADUS_ARG(double, tolerance_grad) = 1e-7;          // done when no |gᵢ| is larger
  GRADUS_ARG(double, tolerance_change) = 1e-9;        // or neither a parameter nor the loss changes by more
  GRADUS_ARG(int64_t, history_size) = 100;            // how many s and y are kept
  GRADUS_ARG(std::optional<std::string>, line_search_fn) = {};  // "strong_wolfe", or none: t = lr
};

struct LBFGSParamState {
  int64_t func_evals = 0, n_iter = 0;
  double t = 0, prev_loss = 0;
  Tensor d, prev_flat_grad;
  double H_diag = 1;                      // yᵀs / yᵀy of the newest
  std::deque<Tensor> old_dirs, old_stps;  // y and s, the oldest first
  std::deque<double> ro;                  // 1 / yᵀs
};

/// One group of parameters only.
class LBFGS final : public Optimizer {
 public:
  explicit LBFGS(std::vector<OptimizerParamGroup> groups, const LBFGSOptions& defaults = {});
  explicit LBFGS(std::vector<Tensor> parameters, const LBFGSOptions& defaults = {});

  /// The closure zeroes the gradients, computes the loss, calls backward() and returns the loss. Returns the first
  /// of the losses that it gave.
  Tensor step(LossClosure closure) override;

  LBFGSParamState& state() noexcept { return state_; }
  void state_fields(Fields& fields) override;

 private:
  void choose_direction(const Tensor& gradient, int64_t history_size);

  LBFGSParamState state_;
};

}  // namespace gradus::optim
