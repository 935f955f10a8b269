// Node: one recorded op. The tape is the nodes that are still reachable, in the order of their numbers.
//
//     Tensor loss ──grad_fn──> Node "sum" ──edge──> Node "pow" ──edge──> … ──edge──> LeafNode ──> Tensor U
//
// A node is owned by the tensors that its op produced and by the nodes of the ops that used them. It is
// freed with its last owner. So nobody has to clear the tape, and an expression that is never
// differentiated leaves nothing behind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::autograd {

class BackwardPass;
class Node;
class SavedTensor;

/// Where the gradient of one input of an op goes: to output `output_nr` of the node that made that input. Empty
/// if the input does not require grad.
struct Edge {
  Ref<GraphNode> target;
  uint32_t output_nr = 0;

  explicit operator bool() const { return static_cast<bool>(target); }
  Node& node() const;
};

/// One output of a node: the shape, dtype and device that its gradient must have, and the sum of the gradients
/// that have arrived for it in a backward pass.
struct Output {
  Dtype dtype;
  DeviceType device;
  uint8_t dim;
  int64_t sizes[kMaxDims];
  Tensor gradient;  // the sum so far, in the current pass

  explicit Output(const Tensor& y);
  IntArrayRef shape() const { return {sizes, dim}; }
};

/// Data that only few nodes have.
struct NodeNotes {
  std::vector<Ref<GradientHooks>> hooks;  // one entry per output
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
  /// Nodes are numbered in the order in which their ops ran, so the inputs of a node have smaller numbers.
  /// A leaf has 0.
  uint64_t number() const { return number_; }

  /// One edge per input.
  virtual std::span<const Edge> edges() const = 0;
  /// Turns the gathered gradient of the outputs into gradients of the inputs, and hands those to the pass.
  virtual void apply(BackwardPass& pass) = 0;
  /// Frees the saved tensors. After that, apply reports a second backward.
  virtual void release_saved() {}
  /// What the rules have saved and not released.
  virtual std::vector<const SavedTensor*> saved() const { return {}; }
  virtual Output& nth_output(uint32_t nr);
  virtual uint32_t output_count() const { return 1; }

  NodeNotes& make_notes();

  Output output;      // the first output; most ops have only one
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

/// The node of a leaf tensor: every path through a graph ends at one. It is owned by the leaf and by the nodes of
/// the ops that used the leaf. It does not own the leaf, so a graph does not keep its leaves alive.
class LeafNode final : public Node {
 public:
  explicit LeafNode(const Tensor& leaf);
  std::span<const Edge> edges() const override { return {}; }
  void apply(BackwardPass& pass) override;  // adds the gathered gradient to the leaf's .grad

  TensorImpl* leaf;  // nullptr once the leaf is destroyed: then its gradient is dropped
};

/// The edge along which a gradient of x travels; empty unless x.requires_grad().
Edge gradient_edge(const Tensor& x);

/// The number of the newest node.
uint64_t last_number();

/// The number of nodes that this thread has recorded and that still exist. Tests check with it that graphs are freed.
int64_t live_node_count();

}  // namespace gradus::autograd
