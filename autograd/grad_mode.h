// Whether ops are being recorded on the tape, per thread.
#pragma once

namespace gradus {

struct GradMode {
  static bool is_enabled() { return enabled; }
  /// For this thread; AutoGradMode and NoGradGuard set it for a scope.
  static void set_enabled(bool value) { enabled = value; }

 private:
  static constinit inline thread_local bool enabled = true;
};

/// Sets recording for the current scope.
class AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) : before_(GradMode::is_enabled()) { GradMode::set_enabled(enabled); }
  ~AutoGradMode() { GradMode::set_enabled(before_); }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  bool before_;
};

/// Nothing is recorded in the current scope: { NoGradGuard no_grad; U -= lr * U.grad(); }
struct NoGradGuard : AutoGradMode {
  NoGradGuard() : AutoGradMode(false) {}
};

}  // namespace gradus
