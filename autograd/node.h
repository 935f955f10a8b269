// Node: one recorded op. The tape is the nodes that are still reachable, in the order of their numbers.
//
//     Tensor loss ──grad_fn──> Node "sum" ──edge──> Node "pow" ──edge──> … ──edge──> LeafNode ──> Tensor U
//
// A node is owned by the tensors that its op produced and by the nodes that came after it. When the last of
// them goes, so does the node: nobody clears the tape, and an expression that is never differentiated leaves
// nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::autograd {

class BackwardPass;
class Node;

/// Where the gradient of one input of an op goes: to output `output_nr` of the node that made that input.
/// Empty if the input takes no part in differentiation.
struct Edge {
  Ref<GraphNode> target;
  uint32_t output_nr = 0;

  explicit operator bool() const { return static_cast<bool>(target); }
  Node& node() const;
};

/// What a node knows of a tensor that its op produced: enough to check the gradient that arrives for it, and
/// the place where that gradient is gathered during a backward pass.
struct Output {
  Dtype dtype;
  DeviceType device;
  uint8_t dim;
  int64_t sizes[kMaxDims];
  Tensor gradient;  // the sum of what has arrived so far in the current pass

  explicit Output(const Tensor& y);
  IntArrayRef shape() const { return {sizes, dim}; }
};

/// Notes about a node, which few nodes have.
struct NodeNotes {
  std::vector<Ref<GradientHooks>> hooks;  // by output
  double gradient_norm = -1;              // of the last backward under KeepGradientNorms (tools/tape.h)
  std::vector<void*> recorded_at;  // the calls that led to the op, under anomaly mode (tools/anomaly.h)
};

class Node : public GraphNode {
 public:
  /// `op` is the op's name as users write it ("matmul"), a string literal.
  Node(const char* op, const Tensor& y);
  ~Node() override;

  const char* op() const { return op_; }
  /// The name that libtorch prints: "MatmulBackward0".
  std::string name() const;
  /// Nodes are numbered in the order in which their ops ran; the inputs of a node have smaller numbers.
  /// Leaves are 0.
  uint64_t number() const { return number_; }

  /// One edge per input.
  virtual std::span<const Edge> edges() const = 0;
  /// Turns the gathered gradient of the outputs into gradients of the inputs, and hands those to the pass.
  virtual void apply(BackwardPass& pass) = 0;
  /// Lets go of the saved tensors, after which apply reports a second backward.
  virtual void release_saved() {}
  virtual Output& nth_output(uint32_t nr);
  virtual uint32_t output_count() const { return 1; }

  NodeNotes& make_notes();

  Output output;      // the first; most ops have one
  uint64_t pass = 0;  // the backward pass that is gathering gradients here, or 0
  std::unique_ptr<NodeNotes> notes;

 protected:
  struct Leaf {};
  Node(Leaf, const Tensor& leaf);  // numbered 0

 private:
  friend struct ::gradus::GraphNode;
  const char* op_;
  uint64_t number_;
  Node* next_to_destroy_;
};

inline Node& Edge::node() const { return static_cast<Node&>(*target); }

/// The end of every path: the place of a leaf tensor on the tape. The leaf owns it, and so does every node whose op took
/// the leaf. It only points back: a graph does not keep its leaves alive.
class LeafNode final : public Node {
 public:
  explicit LeafNode(const Tensor& leaf);
  std::span<const Edge> edges() const override { return {}; }
  void apply(BackwardPass& pass) override;  // adds the gathered gradient to the leaf's .grad

  TensorImpl* leaf;  // nullptr once the leaf is gone: nobody can ask for the gradient any more
};

/// The edge along which a gradient of x travels; empty unless x.requires_grad().
Edge gradient_edge(const Tensor& x);

/// The number of the youngest node that was made so far.
uint64_t last_number();

/// How many ops this thread has recorded whose nodes still exist. Tests prove with it that graphs are given back.
int64_t live_node_count();

}  // namespace gradus::autograd
