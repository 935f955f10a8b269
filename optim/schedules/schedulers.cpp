#include "optim/schedules/schedulers.h"

#include <algorithm>
#include <cmath>

namespace gradus::optim {

void LRScheduler::step() {
  set_lrs(get_lrs());
  ++step_count_;
}

void LRScheduler::set_lrs(const std::vector<double>& lrs) {
  auto& groups = optimizer_.param_groups();
  check(lrs.size() == groups.size(), "LRScheduler: ", lrs.size(), " learning rates for ", groups.size(),
        " param groups");
  for (size_t i = 0; i < lrs.size(); ++i) groups[i].options().set_lr(lrs[i]);
}

std::vector<double> LRScheduler::get_current_lrs() const {
  std::vector<double> lrs;
  for (const OptimizerParamGroup& group : optimizer_.param_groups()) lrs.push_back(group.options().get_lr());
  return lrs;
}

StepLR::StepLR(Optimizer& optimizer, unsigned step_size, double gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  check(step_size > 0, "StepLR: step_size must be at least 1");
}

std::vector<double> StepLR::get_lrs() {
  std::vector<double> lrs = get_current_lrs();
  if (step_count_ != 0 && step_count_ % step_size_ == 0)
    for (double& lr : lrs) lr *= gamma_;
  return lrs;
}

ReduceLROnPlateauScheduler::ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode,
                                                       double factor, int patience, double threshold,
                                                       ThresholdMode threshold_mode, int cooldown,
                                                       const std::vector<float>& min_lr, double eps)
    : optimizer_(optimizer),
      mode_(mode),
      factor_(factor),
      patience_(patience),
      threshold_(threshold),
      threshold_mode_(threshold_mode),
      cooldown_(cooldown),
      min_lr_(min_lr),
      eps_(eps),
      best_(mode == min ? INFINITY : -INFINITY) {
  const size_t groups = optimizer.param_groups().size();
  check(factor < 1, "Factor should be < 1.0");
  if (min_lr_.empty()) min_lr_.assign(groups, 0);
  check(min_lr_.size() == groups,
        "Number of learning rates not equal to the number of param groups: ", min_lr_.size(), " and ",
        groups);
}

bool ReduceLROnPlateauScheduler::is_better(double metric) const {
  const double by = threshold_mode_ == abs ? threshold_ : threshold_ * (std::isinf(best_) ? 0 : best_);
  return mode_ == min ? metric < best_ - by : metric > best_ + by;
}

void ReduceLROnPlateauScheduler::step(double metric) {
  ++bad_steps_;
  if (is_better(metric)) {
    best_ = metric;
    bad_steps_ = 0;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    bad_steps_ = 0;
  }
  if (bad_steps_ <= patience_) return;
  reduce_lrs();
  cooldown_left_ = cooldown_;
  bad_steps_ = 0;
}

void ReduceLROnPlateauScheduler::reduce_lrs() {
  auto& groups = optimizer_.param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    const double old = groups[i].options().get_lr();
    const double lr = std::max(old * factor_, static_cast<double>(i < min_lr_.size() ? min_lr_[i] : 0));
    if (old - lr > eps_) groups[i].options().set_lr(lr);
  }
}

}  // namespace gradus::optim
