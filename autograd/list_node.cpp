#include "autograd/list_node.h"

namespace gradus::autograd {

ListNode::ListNode(const char* op, TensorList outputs, std::vector<Edge> edges)
    : Node(op, outputs[0]), edges_(std::move(edges)) {
  for (size_t nr = 1; nr < outputs.size(); ++nr) others_.emplace_back(outputs[nr]);
}

std::vector<Edge> ListNode::edges_to(TensorList inputs) {
  std::vector<Edge> edges;
  for (const Tensor& x : inputs) edges.push_back(x.defined() ? gradient_edge(x) : Edge{});
  return edges;
}

void ListNode::apply(BackwardPass& pass) {
  std::vector<Tensor> gradients;
  for (uint32_t nr = 0; nr < output_count(); ++nr) gradients.push_back(std::move(nth_output(nr).gradient));
  const std::vector<Tensor> results = backward(std::move(gradients));
  check(results.size() == edges_.size(), op(), ": backward returned ", results.size(), " gradients for ",
        edges_.size(), " arguments of forward");
  for (size_t i = 0; i < edges_.size(); ++i)
    if (edges_[i] && pass.wants(edges_[i])) pass.deliver(edges_[i], results[i]);
}

}  // namespace gradus::autograd
