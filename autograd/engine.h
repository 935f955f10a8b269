// The engine: one walk over the tape, from the newest op to the oldest.
//
// A backward pass keeps a heap of the nodes that have received a gradient, and always takes the node with the
// largest number. All ops that used this node's output ran later, so their nodes have larger numbers and were
// taken before: the gradient at the output is complete. The engine counts no dependencies, does not recurse, and
// visits each node once.
#pragma once

#include <memory>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/node.h"

namespace gradus::autograd {

class Restriction;

/// While it lives, no other thread can run a backward pass. It costs nothing in a process with one thread.
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

  /// Restricts the pass to the paths from `roots` to `inputs`; captured() then holds the gradient of each input.
  ///
  /// With go_on = false the pass is a part of an outer pass. It ends at the first input on each path, so that
  /// gradients from one input to another are left out. The outer pass runs the hooks of the inputs and goes on.
  void restrict_to(std::span<const Edge> roots, std::span<const Edge> inputs, bool go_on = true);

  /// Keeps the graph of a root alive while the pass lives: a hook may drop the tensor that the pass began with.
  const Edge& keep(Edge root) { return roots_.emplace_back(std::move(root)); }

  /// Where the pass began: the edges that were kept.
  std::span<const Edge> roots() const { return roots_; }
  /// False if the pass computes the gradients of some inputs only, as grad() and checkpoint do.
  bool adds_to_all_leaves() const { return !restriction_; }

  /// Adds a gradient to the sum at the edge's end. The gradient is first summed to the shape and cast to the
  /// dtype of the tensor there. An undefined gradient counts as zero. Error if the gradient is on another device.
  void deliver(const Edge& edge, Tensor gradient);

  /// Does the pass need a gradient along this edge?
  bool wants(const Edge& edge) const { return !restriction_ || is_on_path(edge); }

  /// Runs the rules of all nodes that have a gradient, and of those they reach. Leaves come last.
  void run();

  std::vector<Tensor>& captured() { return captured_; }

  /// The node whose rules are running on this thread, or nullptr.
  static Node* current_node() { return current_node_; }

 private:
  /// The gradients that an outer pass has gathered at a node that this pass visits too.
  struct Suspended {
    Node* node;
    uint64_t pass;
    std::vector<Tensor> gradients;
  };
  /// An allocator for std::vector that takes blocks from the cache of kernels/memory.h: a nanosecond or two for each.
  template <class T>
  struct CachedBlocks {
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
  std::vector<Edge, CachedBlocks<Edge>> roots_;
  std::vector<Suspended> suspended_;
  std::unique_ptr<Restriction> restriction_;
  std::vector<Tensor> captured_;

  static constinit inline thread_local Node* current_node_ = nullptr;
};

[[noreturn]] void report_second_backward(const Node& node);

}  // namespace gradus::autograd
