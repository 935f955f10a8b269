// record_list: record() for an op on a list of tensors, such as cat.
#pragma once

#include <vector>

#include "autograd/record.h"

namespace gradus::autograd {

/// A node with any number of inputs and one rule: rule(i, ȳ) is the gradient of input i. The rule saves no
/// tensors.
template <class Rule>
class ListNode final : public Node {
 public:
  ListNode(const char* op, const Tensor& y, TensorList inputs, Rule rule)
      : Node(op, y), rule_(std::move(rule)) {
    for (const Tensor& input : inputs) edges_.push_back(gradient_edge(input));
  }

  std::span<const Edge> edges() const override { return edges_; }

  void apply(BackwardPass& pass) override {
    const Tensor gradient = std::move(first.gradient);
    for (size_t i = 0; i < edges_.size(); ++i)
      if (edges_[i] && pass.wants(edges_[i])) pass.deliver(edges_[i], rule_(i, gradient));
  }

 private:
  std::vector<Edge> edges_;
  Rule rule_;
};

template <class Rule>
Tensor record_list(const char* op, Tensor y, TensorList inputs, Rule rule) {
  if (!GradMode::is_enabled() || std::ranges::count_if(inputs, &Tensor::requires_grad) == 0) return y;
  auto node = Ref<GraphNode>::first(new ListNode<Rule>(op, y, inputs, std::move(rule)));
  y.impl().grad_fn = std::move(node);
  y.impl().output_nr = 0;
  y.impl().requires_grad = true;
  return y;
}

}  // namespace gradus::autograd
