// Anomaly mode finds the op whose derivative is the first to be NaN, and the place where that op was recorded.
//
//     autograd::DetectAnomalyGuard detect_anomaly;
//     loss(model, batch).backward();     // Function 'SqrtBackward0' returned nan values in its 0th output. …
//
// It applies to ops that are recorded, and to backward passes that run, on this thread while it is on. It slows both.
#pragma once

namespace gradus::autograd {

struct AnomalyMode {
  static bool is_enabled() { return enabled; }
  static bool should_check_nan() { return check_nan; }
  /// Without `nan` it does not look for NaN. It still notes where ops are recorded, for other errors in backward.
  static void set_enabled(bool on, bool nan = true);

 private:
  static constinit inline thread_local bool enabled = false, check_nan = false;
};

/// Turns anomaly mode on for the current scope.
class DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool check_nan = true)
      : enabled_before_(AnomalyMode::is_enabled()), checked_before_(AnomalyMode::should_check_nan()) {
    AnomalyMode::set_enabled(true, check_nan);
  }
  ~DetectAnomalyGuard() { AnomalyMode::set_enabled(enabled_before_, checked_before_); }
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

 private:
  bool enabled_before_, checked_before_;
};

}  // namespace gradus::autograd
