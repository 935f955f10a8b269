// Schedules that libtorch's C++ interface lacks, in the form and with the names of Python's torch.optim: the learning
// rate is a function of t, the calls of step() so far, and of the rate that each group had when the schedule was made.
// The constructor sets the rate of t = 0.
#pragma once

#include <cmath>
#include <functional>
#include <numbers>

#include "optim/schedulers.h"

namespace gradus::optim {

/// lr = base · f(t).
class LambdaLR : public LRScheduler {
 public:
  LambdaLR(Optimizer& optimizer, std::function<double(double t)> f)
      : LambdaLR(optimizer, [f = std::move(f)](double base, double t) { return base * f(t); }) {}

 protected:
  using Schedule = std::function<double(double base, double t)>;
  LambdaLR(Optimizer& optimizer, Schedule schedule)
      : LRScheduler(optimizer), schedule_(std::move(schedule)), base_lrs_(get_current_lrs()) {
    set_lrs(lrs_at(0));
  }

 private:
  std::vector<double> get_lrs() override { return lrs_at(step_count_ + 1); }
  std::vector<double> lrs_at(double t) const {
    std::vector<double> lrs;
    for (double base : base_lrs_) lrs.push_back(schedule_(base, t));
    return lrs;
  }

  Schedule schedule_;
  std::vector<double> base_lrs_;
};

/// lr = base · gammaᵗ.
struct ExponentialLR : LambdaLR {
  ExponentialLR(Optimizer& optimizer, double gamma)
      : LambdaLR(optimizer, [gamma](double t) { return std::pow(gamma, t); }) {}
};

/// Half a wave of the cosine from `from`, at part = 0, to `to`, at part = 1.
inline double cosine_between(double from, double to, double part) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * part)) / 2;
}

/// From the base rate at t = 0 down to eta_min at t = T_max, on a cosine; then up again.
/// Source: Loshchilov & Hutter, "SGDR: Stochastic gradient descent with warm restarts" (2017), without the restarts.
struct CosineAnnealingLR : LambdaLR {
  CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min = 0)
      : LambdaLR(optimizer, [=](double base, double t) {
          check(T_max > 0, "CosineAnnealingLR: T_max must be at least 1, got ", T_max);
          return cosine_between(base, eta_min, t / static_cast<double>(T_max));
        }) {}
};

/// Warms up from max_lr / div_factor to max_lr over the first pct_start of total_steps, then cools down to
/// 1 / final_div_factor of where it began; both on a cosine. The momentum stays as it is. Error after total_steps.
/// Source: Smith & Topin, "Super-convergence" (2018).
struct OneCycleLR : LambdaLR {
  OneCycleLR(Optimizer& optimizer, double max_lr, int64_t total_steps, double pct_start = 0.3,
             double div_factor = 25, double final_div_factor = 1e4)
      : LambdaLR(optimizer, [=](double, double t) {
          const double last = static_cast<double>(total_steps) - 1;
          const double peak = pct_start * static_cast<double>(total_steps) - 1,
                       first_lr = max_lr / div_factor;
          check(t <= last, "OneCycleLR: step() was called ", t, " times, but the cycle has ", total_steps,
                " steps");
          return peak > 0 && t <= peak
                     ? cosine_between(first_lr, max_lr, t / peak)
                     : cosine_between(max_lr, first_lr / final_div_factor, (t - peak) / (last - peak));
        }) {}
};

}  // namespace gradus::optim
