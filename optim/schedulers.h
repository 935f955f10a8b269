// Learning rates that change: call scheduler.step() once per epoch, after the optimiser's steps.
#pragma once

#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Base of schedules. The optimiser must outlive the schedule.
class LRScheduler {
 public:
  explicit LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) {}
  virtual ~LRScheduler() = default;
  void step();

 protected:
  /// The learning rates from now on, one per parameter group.
  virtual std::vector<double> get_lrs() = 0;
  std::vector<double> get_current_lrs() const;

  unsigned step_count_ = 0;  // calls of step() before this one

 private:
  Optimizer& optimizer_;
};

/// lr ← gamma · lr in every call of step() that comes after a multiple of step_size others. As in libtorch,
/// the first call only counts, so rates change one call later than with Python's StepLR.
class StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, unsigned step_size, double gamma = 0.1);

 private:
  std::vector<double> get_lrs() override;
  unsigned step_size_;
  double gamma_;
};

}  // namespace gradus::optim
