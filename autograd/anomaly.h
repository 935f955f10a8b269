// Anomaly mode: which op's derivative is the first to be NaN, and where that op was recorded.
//
//     autograd::DetectAnomalyGuard detect_anomaly;
//     loss(model, batch).backward();     // Function 'SqrtBackward0' returned nan values in its 0th output. …
//
// It holds for ops that are recorded and backward passes that run on this thread while it is on, and it slows both.
#pragma once

#include <string>
#include <vector>

namespace gradus {

class Tensor;

namespace autograd {

class Node;
struct Edge;

struct AnomalyMode {
  static bool is_enabled() { return enabled; }
  static bool should_check_nan() { return check_nan; }
  static void set_enabled(bool on, bool nan = true) {
    enabled = on;
    check_nan = on && nan;
  }

 private:
  static constinit inline thread_local bool enabled = false, check_nan = false;
};

/// Turns anomaly mode on for the current scope. Without check_nan it only notes where ops are recorded, for the messages
/// of other errors in backward.
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

/// The return addresses on this thread's stack, innermost first. Empty where the C library cannot tell (only glibc and
/// BSDs can).
std::vector<void*> calls_that_led_here();

/// Where the op of a node was recorded and its neighbourhood on the tape, as lines of text for a message.
std::string describe_recording(Node& node);

/// Error if the gradient that a node's rule has just made for one of its inputs contains NaN.
void check_no_nan(Node& node, const Edge& edge, const Tensor& gradient);

}  // namespace autograd
}  // namespace gradus
