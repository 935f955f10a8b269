#include "optim/others/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::optim {

LBFGSOptions::LBFGSOptions(double lr) : lr_(lr) {}

void LBFGSOptions::validate() const {
  check(lr() >= 0, "Invalid learning rate: ", lr());
  check(max_iter() > 0, "Invalid max_iter value: ", max_iter());
  check(max_eval().value_or(1) > 0, "Invalid max_eval value: ", max_eval().value_or(1));
  check(history_size() > 0, "Invalid history_size value: ", history_size());
  check(!line_search_fn() || *line_search_fn() == "strong_wolfe", "only 'strong_wolfe' is supported, not '",
        line_search_fn().value_or(""), "'");
}

void LBFGSOptions::fields(Fields& fields) {
  fields("lr", lr_)("max_iter", max_iter_)("max_eval", max_eval_);
  fields("tolerance_grad", tolerance_grad_)("tolerance_change", tolerance_change_);
  fields("history_size", history_size_)("line_search_fn", line_search_fn_);
}

namespace {

double dot_of(const Tensor& a, const Tensor& b) { return dot(a, b).item<double>(); }
double largest(const Tensor& x) { return x.abs().max().item<double>(); }

// ---- The line search --------------------------------------------------------------------------------------

/// The loss at x + t d, its gradient there, and its slope along d.
struct Point {
  double t, loss, slope;
  Tensor gradient;
};

/// The minimum of the cubic through two points with their slopes, limited to [low, high].
double cubic_minimum(const Point& a, const Point& b, double low, double high) {
  const Point &left = a.t <= b.t ? a : b, &right = a.t <= b.t ? b : a;
  const double d = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
  const double square = d * d - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double root = std::sqrt(square);
  const double t =
      right.t - (right.t - left.t) * ((right.slope + root - d) / (right.slope - left.slope + 2 * root));
  return std::min(std::max(t, low), high);
}

class StrongWolfe {
 public:
  using Line = std::function<Point(double t)>;
  StrongWolfe(Line line, Point start, double largest_d, double tolerance)
      : line_(std::move(line)), start_(std::move(start)), largest_d_(largest_d), tolerance_(tolerance) {}

  /// Starts at t and takes longer steps until a minimum is between the last two points. Then narrows the
  /// interval between them.
  Point search(double t) {
    Point last = start_, now = line_(t);
    for (; tries_ < kMostTries; ++tries_) {
      if (too_high(now) || (tries_ > 1 && now.loss >= last.loss)) return between(last, now);
      if (flat_enough(now)) return now;
      if (now.slope >= 0) return between(last, now);
      const double next = cubic_minimum(last, now, now.t + 0.01 * (now.t - last.t), 10 * now.t);
      last = std::exchange(now, line_(next));
    }
    return now.loss < start_.loss ? now : start_;
  }

 private:
  static constexpr int kMostTries = 25;
  /// The loss did not fall enough: the first Wolfe condition fails, with c₁ = 1e-4.
  bool too_high(const Point& p) const { return p.loss > start_.loss + 1e-4 * p.t * start_.slope; }
  /// The second Wolfe condition, with c₂ = 0.9.
  bool flat_enough(const Point& p) const { return std::abs(p.slope) <= -0.9 * start_.slope; }

  /// Finds a point between low and high that satisfies both conditions. low has the smaller loss.
  Point between(Point low, Point high) {
    if (high.loss < low.loss) std::swap(low, high);
    bool near_an_end_before = false;
    for (; tries_ < kMostTries && std::abs(high.t - low.t) * largest_d_ >= tolerance_; ++tries_) {
      const auto [left, right] = std::minmax({low.t, high.t});
      const double margin = 0.1 * (right - left);
      double t = cubic_minimum(low, high, left, right);
      bool near_an_end = std::min(right - t, t - left) < margin;
      if (near_an_end && (near_an_end_before || t >= right || t <= left)) {  // no progress: move inside
        t = right - t < t - left ? right - margin : left + margin;
        near_an_end = false;
      }
      near_an_end_before = near_an_end;

      const Point now = line_(t);
      if (too_high(now) || now.loss >= low.loss) {
        high = now;
        if (high.loss < low.loss) std::swap(low, high);
        continue;
      }
      if (flat_enough(now)) return now;
      if (now.slope * (high.t - low.t) >= 0) high = low;
      low = now;
    }
    return low;
  }

  Line line_;
  Point start_;
  double largest_d_, tolerance_;
  int tries_ = 0;
};

// ---- All parameters as one vector -------------------------------------------------------------------------

using Parameters = std::vector<Tensor>;

Tensor flat_gradient(const Parameters& parameters) {
  std::vector<Tensor> flat;
  for (const Tensor& parameter : parameters) {
    const Tensor& gradient = parameter.grad();
    if (gradient.defined()) check_fits("gradient", gradient, parameter);
    flat.push_back((gradient.defined() ? gradient : zeros_like(parameter)).reshape({-1}));
  }
  return cat(flat);
}

/// x ← x + t d
void move(const Parameters& parameters, double t, const Tensor& d) {
  int64_t position = 0;
  for (const Tensor& parameter : parameters) {
    parameter.add_(d.narrow(0, position, parameter.numel()).view(parameter.sizes()), t);
    position += parameter.numel();
  }
}

/// Returns the point that the line search chooses. The parameters keep their values, also if `evaluate` throws.
Point search_along(const Parameters& parameters, const Tensor& d, const Point& start, double t,
                   double tolerance, const std::function<Tensor()>& evaluate) {
  Parameters x;
  for (const Tensor& parameter : parameters) x.push_back(parameter.detach().clone());
  const auto line = [&](double t) -> Point {
    const auto restore = [&] {
      for (size_t i = 0; i < x.size(); ++i) parameters[i].copy_(x[i]);
    };
    try {
      move(parameters, t, d);
      const double loss = evaluate().item<double>();
      const Tensor gradient = flat_gradient(parameters);
      restore();
      return {t, loss, dot_of(gradient, d), gradient};
    } catch (...) {
      restore();
      throw;
    }
  };
  return StrongWolfe(line, start, largest(d), tolerance).search(t);
}

}  // namespace

// ---- The optimiser ----------------------------------------------------------------------------------------

LBFGS::LBFGS(std::vector<OptimizerParamGroup> groups, const LBFGSOptions& defaults)
    : Optimizer(std::move(groups), defaults.clone()) {
  check(param_groups_.size() == 1, "LBFGS doesn't support per-parameter options (parameter groups)");
  const Tensor& first = parameters()[0];
  for (const Tensor& parameter : parameters())
    check(parameter.dtype() == first.dtype() && parameter.device() == first.device(),
          "LBFGS: the parameters become one vector, so they must share one dtype and one device");
}
LBFGS::LBFGS(std::vector<Tensor> parameters, const LBFGSOptions& defaults)
    : LBFGS(std::vector<OptimizerParamGroup>(1, std::move(parameters)), defaults) {}

void LBFGS::state_fields(Fields& fields) {
  LBFGSParamState& s = state_;
  int64_t numel = 0;
  for (const Tensor& parameter : parameters()) numel += parameter.numel();
  fields.in("state.0", zeros(numel, parameters()[0].options()));
  fields("func_evals", s.func_evals)("n_iter", s.n_iter)("t", s.t);
  fields("prev_loss", s.prev_loss)("H_diag", s.H_diag);
  fields("d", s.d)("prev_flat_grad", s.prev_flat_grad);
  fields("old_dirs", s.old_dirs)("old_stps", s.old_stps)("ro", s.ro);
  check(s.old_dirs.size() == s.ro.size() && s.old_stps.size() == s.ro.size(),
        "LBFGS: old_dirs, old_stps and ro must have the same length, not ", s.old_dirs.size(), ", ",
        s.old_stps.size(), " and ", s.ro.size());
}

/// Adds the last step's s and y to the history and sets the direction d of the next step.
void LBFGS::choose_direction(const Tensor& gradient, int64_t history_size) {
  LBFGSParamState& s = state_;
  if (s.n_iter > 1) {
    const Tensor y = gradient - s.prev_flat_grad, step = s.d * s.t;
    if (const double ys = dot_of(y, step); ys > 1e-10) {
      if (s.ro.size() == static_cast<size_t>(history_size)) {
        s.old_dirs.erase(s.old_dirs.begin());
        s.old_stps.erase(s.old_stps.begin());
        s.ro.erase(s.ro.begin());
      }
      s.old_dirs.push_back(y);
      s.old_stps.push_back(step);
      s.ro.push_back(1 / ys);
      s.H_diag = ys / dot_of(y, y);
    }
  }
  s.d = -gradient;
  std::vector<double> alpha(s.ro.size());
  for (size_t i = alpha.size(); i-- > 0;) {
    alpha[i] = dot_of(s.old_stps[i], s.d) * s.ro[i];
    s.d.sub_(s.old_dirs[i], alpha[i]);
  }
  s.d.mul_(s.H_diag);
  for (size_t i = 0; i < alpha.size(); ++i)
    s.d.add_(s.old_stps[i], alpha[i] - dot_of(s.old_dirs[i], s.d) * s.ro[i]);
}

Tensor LBFGS::step(LossClosure closure) {
  check(closure != nullptr, "LBFGS requires a closure function");
  const NoGradGuard no_grad;
  const auto& options = static_cast<const LBFGSOptions&>(param_groups_[0].options());
  const int64_t most_evaluations = options.max_eval().value_or(options.max_iter() * 5 / 4);
  const double small_change = options.tolerance_change();
  int64_t evaluations = 0;
  const auto evaluate = [&] {
    const AutoGradMode recording(true);
    ++evaluations;
    ++state_.func_evals;
    return closure();
  };

  const Tensor first_loss = evaluate();
  double loss = first_loss.item<double>();
  Tensor gradient = flat_gradient(parameters());
  for (int64_t iteration = 1; largest(gradient) > options.tolerance_grad(); ++iteration) {
    ++state_.n_iter;
    choose_direction(gradient, options.history_size());
    const Tensor& d = state_.d;
    double& t = state_.t;
    t = options.lr();
    if (state_.n_iter == 1) t *= std::min(1.0, 1 / gradient.abs().sum().item<double>());
    state_.prev_flat_grad = gradient;
    state_.prev_loss = loss;
    const double slope = dot_of(gradient, d);
    if (slope > -small_change) break;

    if (options.line_search_fn()) {
      const Point best = search_along(parameters(), d, {0, loss, slope, gradient}, t, small_change, evaluate);
      t = best.t, loss = best.loss, gradient = best.gradient;
    }
    move(parameters(), t, d);
    if (iteration >= options.max_iter()) break;
    if (!options.line_search_fn()) {
      loss = evaluate().item<double>();
      gradient = flat_gradient(parameters());
    }
    if (evaluations >= most_evaluations || largest(d) * t <= small_change ||
        std::abs(loss - state_.prev_loss) < small_change)
      break;
  }
  return first_loss;
}

}  // namespace gradus::optim
