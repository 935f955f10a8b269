// L-BFGS: Newton's method without the Hessian H. The last steps s = x₊ - x and the changes of the gradient,
// y = g₊ - g, are samples of the curvature. Two sweeps over the pairs s, y turn -g into a direction
// d ≈ -H⁻¹ g:
//
//     q = -g;             from the newest pair to the oldest:   αᵢ = sᵢᵀq / yᵢᵀsᵢ,   q ← q - αᵢ yᵢ
//     d = (yᵀs / yᵀy) q;  from the oldest pair to the newest:   d ← d + (αᵢ - yᵢᵀd / yᵢᵀsᵢ) sᵢ
//     x ← x + t d
//
// t is lr, or the result of a line search for a point that satisfies the strong Wolfe conditions:
//
//     f(t) ≤ f(0) + c₁ t f'(0)        the loss f has fallen by at least a fraction of what its slope predicted
//     |f'(t)| ≤ c₂ |f'(0)|            the slope is flatter
//
// All parameters form one vector. One step() makes up to max_iter of these iterations, so it needs a closure
// that recomputes the loss.
// Sources: Nocedal & Wright, "Numerical optimization" (2006), algorithms 7.4, 7.5 and 3.5; Schmidt,
// minFunc (2005), for the interpolation in the line search.
#pragma once

#include <optional>
#include <string>

#include "optim/optimizer.h"

namespace gradus::optim {

struct LBFGSOptions : OptimizerCloneableOptions<LBFGSOptions> {
  LBFGSOptions(double lr = 1);  // NOLINT: LBFGS(parameters, 0.5)
  void validate() const override;
  void fields(Fields& fields) override;
  GRADUS_ARG(double, lr);  // 1 if not given
  GRADUS_ARG(int64_t, max_iter) = 20;
  /// The maximum number of closure evaluations in a step; by default 5/4 max_iter.
  GRADUS_ARG(std::optional<int64_t>, max_eval) = {};
  /// A step ends when every |gᵢ| is at most this.
  GRADUS_ARG(double, tolerance_grad) = 1e-7;
  /// A step also ends when an iteration changes every parameter, or the loss, by less than this.
  GRADUS_ARG(double, tolerance_change) = 1e-9;
  /// The number of pairs s, y that are kept.
  GRADUS_ARG(int64_t, history_size) = 100;
  /// "strong_wolfe", or none: t = lr.
  GRADUS_ARG(std::optional<std::string>, line_search_fn) = {};
};

struct LBFGSParamState {
  int64_t func_evals = 0, n_iter = 0;      // calls of the closure, and iterations
  double t = 0, prev_loss = 0;             // the last step length and the last loss
  Tensor d, prev_flat_grad;                // the last direction and the last gradient
  double H_diag = 1;                       // yᵀs / yᵀy of the newest pair
  std::vector<Tensor> old_dirs, old_stps;  // y and s, oldest first
  std::vector<double> ro;                  // 1 / yᵀs
};

/// L-BFGS for one group of parameters. Error for more groups, or for parameters of several dtypes or devices.
class LBFGS final : public Optimizer {
 public:
  explicit LBFGS(std::vector<OptimizerParamGroup> groups, const LBFGSOptions& defaults = {});
  explicit LBFGS(std::vector<Tensor> parameters, const LBFGSOptions& defaults = {});

  /// The closure zeroes the gradients, computes the loss, calls backward() and returns the loss.
  /// step returns the first loss.
  Tensor step(LossClosure closure) override;

  LBFGSParamState& state() noexcept { return state_; }
  void state_fields(Fields& fields) override;

 private:
  void choose_direction(const Tensor& gradient, int64_t history_size);

  LBFGSParamState state_;
};

}  // namespace gradus::optim
