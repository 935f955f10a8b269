// Schedules of Python's torch.optim that libtorch's C++ interface lacks. The learning rate of a group is a
// function of t, the number of calls of step() so far, and of the base rate, which is the group's rate when
// the schedule is made. The constructor sets the rate for t = 0.
#pragma once

#include <functional>

#include "optim/schedules/schedulers.h"

namespace gradus::optim {

/// lr = base · f(t).
class LambdaLR : public LRScheduler {
 public:
  LambdaLR(Optimizer& optimizer, std::function<double(double t)> f);

 protected:
  /// The rate after t steps, from the initial one.
  using Schedule = std::function<double(double base, double t)>;
  LambdaLR(Optimizer& optimizer, Schedule schedule);

 private:
  std::vector<double> get_lrs() override { return lrs_at(step_count_ + 1); }
  std::vector<double> lrs_at(double t) const;

  Schedule schedule_;
  std::vector<double> base_lrs_;
};

/// lr = base · gammaᵗ.
struct ExponentialLR : LambdaLR {
  ExponentialLR(Optimizer& optimizer, double gamma);
};

/// A cosine that falls from the base rate at t = 0 to eta_min at t = T_max, and then rises again.
/// Source: Loshchilov & Hutter, "SGDR: Stochastic gradient descent with warm restarts" (2017),
/// without the restarts.
struct CosineAnnealingLR : LambdaLR {
  CosineAnnealingLR(Optimizer& optimizer, int64_t T_max, double eta_min = 0);
};

/// The rate rises on a cosine from max_lr / div_factor to max_lr in the first pct_start · total_steps
/// steps. Then it falls on a cosine to max_lr / div_factor / final_div_factor. The momentum does not
/// change. Error after total_steps.
/// Source: Smith & Topin, "Super-convergence" (2018).
struct OneCycleLR : LambdaLR {
  OneCycleLR(Optimizer& optimizer, double max_lr, int64_t total_steps, double pct_start = 0.3,
             double div_factor = 25, double final_div_factor = 1e4);
};

}  // namespace gradus::optim
