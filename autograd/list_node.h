// ListNode: the node of an op on a list of tensors. cat, custom functions and checkpoints are such ops.
#pragma once

#include <vector>

#include "autograd/engine.h"
#include "autograd/grad_mode.h"
#include "autograd/node.h"

namespace gradus::autograd {

/// A node with any number of inputs and outputs. One function, backward, computes the gradients of all inputs.
class ListNode : public Node {
 public:
  /// Takes one output or more. Call edges_to first: it may make nodes, and they must be older than this one.
  ListNode(const char* op, TensorList outputs, std::vector<Edge> edges);

  /// Where the gradients of the inputs go. An undefined input has an empty edge.
  static std::vector<Edge> edges_to(TensorList inputs);

  std::span<const Edge> edges() const override { return edges_; }
  void apply(BackwardPass& pass) override;
  Output& nth_output(uint32_t nr) override { return nr == 0 ? output : others_[nr - 1]; }
  uint32_t output_count() const override { return static_cast<uint32_t>(others_.size()) + 1; }

 protected:
  /// Takes the gradients of the outputs, undefined where none arrived. Returns one gradient per
  /// input, undefined for 0.
  virtual std::vector<Tensor> backward(std::vector<Tensor> gradients) = 0;

 private:
  std::vector<Edge> edges_;
  std::vector<Output> others_;  // the outputs after the first
};

/// record() for an op on a list: rule(ȳ) returns the gradients of all inputs. The rule saves no tensors.
template <class Rule>
Tensor record_list(const char* op, Tensor y, TensorList inputs, Rule rule) {
  struct RuleNode final : ListNode {
    RuleNode(const char* op, const Tensor& y, std::vector<Edge> edges, Rule rule)
        : ListNode(op, {&y, 1}, std::move(edges)), rule(std::move(rule)) {}
    std::vector<Tensor> backward(std::vector<Tensor> gradients) override { return rule(gradients[0]); }
    Rule rule;
  };
  bool recording = false;
  for (const Tensor& x : inputs) recording |= x.requires_grad();
  if (!GradMode::is_enabled() || !recording) return y;
  std::vector<Edge> edges = ListNode::edges_to(inputs);
  y.impl().place = {Ref<GraphNode>::first(new RuleNode(op, y, std::move(edges), std::move(rule))), 0, true};
  return y;
}

}  // namespace gradus::autograd
