// Watch: how tools observe the recording of ops and the backward pass. KeepGradientNorms and
// anomaly mode are watches.
//
// The tape knows nothing of what a watch does. While no watch is on, each call below costs one test of a pointer.
#pragma once

#include <string>

namespace gradus {

class Tensor;

namespace autograd {

class BackwardPass;
class Node;
struct Edge;

/// The base of a tool. It overrides the calls that it needs, and turns itself on and off. It sees
/// its own thread only.
class Watch {
 public:
  /// An op has been recorded: `node` is new, and y is its first output.
  virtual void recorded(Node& /*node*/, const Tensor& /*y*/) {}
  /// A backward pass has its roots and their gradients; it visits its first node next.
  virtual void begins(BackwardPass& /*pass*/) {}
  /// The pass is over, and the leaves have their gradients. It is not called after an exception.
  virtual void ends(BackwardPass& /*pass*/) {}
  /// The rule of `from` has returned a gradient that goes along `to`.
  virtual void returned(Node& /*from*/, const Edge& /*to*/, const Tensor& /*gradient*/) {}
  /// The gradients of a node's outputs are complete; its rules run next.
  virtual void complete(Node& /*node*/) {}
  /// What an error message about a node should add: "\n" and some lines, or nothing.
  virtual std::string explain(Node& /*node*/) { return ""; }

  /// Calls f(watch) for every watch that is on.
  template <class F>
  static void each(F f) {
    for (Watch* watch = first_; watch; watch = watch->next_) f(*watch);
  }
  static bool any() { return first_ != nullptr; }
  /// The explanations of all watches, one after another.
  static std::string explain_all(Node& node) {
    std::string text;
    each([&](Watch& watch) { text += watch.explain(node); });
    return text;
  }

 protected:
  Watch() = default;
  ~Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void turn_on() {
    next_ = first_;
    first_ = this;
  }
  /// Does nothing if the watch is off.
  void turn_off() {
    Watch** place = &first_;
    while (*place && *place != this) place = &(*place)->next_;
    if (*place) *place = next_;
  }

 private:
  Watch* next_ = nullptr;
  static constinit inline thread_local Watch* first_ = nullptr;
};

}  // namespace autograd
}  // namespace gradus
