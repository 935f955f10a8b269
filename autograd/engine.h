// The engine: one walk over the tape, from the newest op to the oldest.
//
// A backward pass keeps the nodes that have received a gradient and always takes the one with the largest number. Every
// node that used its output ran later, so it has a larger number and was taken before: the gradient at the output is
// complete. No dependencies are counted, nothing recurses, and each node is visited once.
#pragma once

#include <memory>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/node.h"

namespace gradus::autograd {

class Restriction;

/// Holds back the backward passes of other threads, if there are any, while it lives.
class EngineLock {
 public:
  EngineLock();
  ~EngineLock();
  EngineLock(const EngineLock&) = delete;
  EngineLock& operator=(const EngineLock&) = delete;

 private:
  const bool locked_;
};

class BackwardPass {
 public:
  BackwardPass(bool retain_graph, bool create_graph);
  ~BackwardPass();  // drops half-gathered gradients, also after an exception
  BackwardPass(const BackwardPass&) = delete;
  BackwardPass& operator=(const BackwardPass&) = delete;

  /// Restricts the pass to the paths from `roots` to `inputs`; captured() then holds the gradient of each input. A pass
  /// that is part of another one does not `go_on`: it ends at the inputs, whose hooks the other pass will run. Then
  /// what one input contributes to another does not count.
  void restrict_to(std::span<const Edge> roots, std::span<const Edge> inputs, bool go_on = true);

  /// Adds a gradient to the sum at the edge's end. The gradient is first summed to the shape and cast to the dtype of the
  /// tensor there. An undefined gradient counts as zero. Error if it is on another device.
  void deliver(const Edge& edge, Tensor gradient);

  /// Would a gradient along this edge be used at all?
  bool wants(const Edge& edge) const { return !restriction_ || is_on_path(edge); }

  /// Runs the rules of all nodes that have a gradient, and of those they reach. Leaves come last.
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
  template <class T>
  struct CachedBlocks {  // a vector's allocator that costs a nanosecond or two
    using value_type = T;
    T* allocate(size_t n) { return static_cast<T*>(allocate_block(n * sizeof(T))); }
    void deallocate(T* block, size_t n) { release_block(block, n * sizeof(T)); }
    bool operator==(const CachedBlocks&) const = default;
  };
  using NodeList = std::vector<Node*, CachedBlocks<Node*>>;

  bool is_on_path(const Edge& edge) const;
  void enter(Node& node);
  void process(Node& node);
  void forget(Node& node);

  const uint64_t id_;
  const bool retain_graph_;
  const AutoGradMode mode_;
  const EngineLock lock_;  // passes of different threads may share nodes
  NodeList frontier_;      // a heap, the largest number first
  NodeList leaves_;
  std::vector<Suspended> suspended_;
  std::unique_ptr<Restriction> restriction_;
  std::vector<Tensor> captured_;

  static constinit inline thread_local Node* current_node_ = nullptr;
};

[[noreturn]] void report_second_backward(const Node& node);

}  // namespace gradus::autograd
