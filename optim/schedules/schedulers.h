// Schedules of learning rates: call scheduler.step() once per epoch, after the optimiser's steps.
#pragma once

#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Base of schedules. The optimiser must outlive the schedule.
class LRScheduler {
 public:
  explicit LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) {}
  virtual ~LRScheduler() = default;
  void step();  // sets the next learning rates

 protected:
  /// The learning rates from now on, one per parameter group.
  virtual std::vector<double> get_lrs() = 0;
  std::vector<double> get_current_lrs() const;
  void set_lrs(const std::vector<double>& lrs);

  unsigned step_count_ = 0;  // the number of calls of step() before this one

 private:
  Optimizer& optimizer_;
};

/// lr ← gamma · lr in call number step_size + 1, 2 step_size + 1, … of step(). As in libtorch, this is one
/// call later than in Python's StepLR.
class StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, unsigned step_size, double gamma = 0.1);

 private:
  std::vector<double> get_lrs() override;
  unsigned step_size_;
  double gamma_;
};

/// lr ← factor · lr when step(metric) has been called more than `patience` times without a better metric.
///
/// A metric is better if it is less (mode max: more) than the best so far by more than `threshold`, which is
/// a fraction of the best (rel) or a difference (abs). The `cooldown` calls after a change do not count. No
/// rate falls below min_lr (one per group; by default 0). Changes of at most eps are not made.
class ReduceLROnPlateauScheduler {
 public:
  enum SchedulerMode { min, max };
  enum ThresholdMode { rel, abs };

  explicit ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode = min, double factor = 0.1,
                                      int patience = 10, double threshold = 1e-4,
                                      ThresholdMode threshold_mode = rel, int cooldown = 0,
                                      const std::vector<float>& min_lr = {}, double eps = 1e-8);
  void step(double metric);  // the metric of the epoch that has ended

 private:
  bool is_better(double metric) const;
  void reduce_lrs();

  Optimizer& optimizer_;
  SchedulerMode mode_;
  double factor_;
  int patience_;
  double threshold_;
  ThresholdMode threshold_mode_;
  int cooldown_;
  std::vector<float> min_lr_;
  double eps_, best_;
  int bad_steps_ = 0, cooldown_left_ = 0;
};
using ReduceLROnPlateau = ReduceLROnPlateauScheduler;

}  // namespace gradus::optim
