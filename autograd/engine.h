// The engine: one walk over the tape, from the newest op to the oldest.
//
// A backward pass keeps the nodes that have received a gradient and always takes the one with the largest
// number. Everything that used that node's output ran later, has a larger number, and has therefore been
// taken already: the gradient that has gathered there is complete. No counting of dependencies, no recursion,
// one visit per node.
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/node.h"

namespace gradus::autograd {

class BackwardPass {
 public:
  BackwardPass(bool retain_graph, bool create_graph);
  ~BackwardPass();  // also after an exception: leaves no half-gathered gradient behind
  BackwardPass(const BackwardPass&) = delete;
  BackwardPass& operator=(const BackwardPass&) = delete;

  /// Restricts the pass to the paths from `roots` to `inputs`; captured() then holds the gradient of each
  /// input. Unless the pass is to `go_on`, it ends at the inputs: what one owes to another does not count, and
  /// their hooks do not run, for the pass is a part of another one that will go on from there.
  void restrict_to(std::span<const Edge> roots, std::span<const Edge> inputs, bool go_on = true);

  /// Adds a gradient to what has gathered at the edge's end: summed to the shape and cast to the dtype of the
  /// tensor there. An undefined gradient counts as zero.
  void deliver(const Edge& edge, Tensor gradient);

  /// Would a gradient along this edge be used at all?
  bool wants(const Edge& edge) const { return !restricted_ || on_path_.contains(&edge.node()); }

  /// Works until no node waits, leaves last.
  void run();

  std::vector<Tensor>& captured() { return captured_; }

  /// The node whose rules are running on this thread, or nullptr.
  static Node* current_node() { return current_node_; }

 private:
  struct Suspended {  // what an outer pass had gathered at a node that this pass visits as well
    Node* node;
    uint64_t pass;
    std::vector<Tensor> gradients;
  };

  void enter(Node& node);
  void process(Node& node);
  void forget(Node& node);

  const uint64_t id_;
  const bool retain_graph_;
  const AutoGradMode mode_;
  std::unique_lock<std::recursive_mutex> lock_;  // passes of different threads may share nodes
  std::array<std::byte, 512> room_;              // for the two lists of a small graph
  std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
  std::pmr::vector<Node*> frontier_{&memory_};  // a heap, the largest number first
  std::pmr::vector<Node*> leaves_{&memory_};
  std::vector<Suspended> suspended_;
  bool restricted_ = false, go_on_ = true;
  std::unordered_map<const Node*, bool>
      on_path_;  // true if the node's rules must run, false if it is only captured
  std::vector<Edge> inputs_;
  std::vector<Tensor> captured_;

  static constinit inline thread_local Node* current_node_ = nullptr;
};

/// Holds back the backward passes of other threads, if there are any, while it lives.
std::unique_lock<std::recursive_mutex> lock_engine();

[[noreturn]] void report_second_backward(const Node& node);

}  // namespace gradus::autograd
