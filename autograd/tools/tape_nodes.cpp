#include "autograd/tools/tape_nodes.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "autograd/walk.h"
#include "kernels/text_stream.h"
#include "tensor/print.h"

namespace gradus::autograd {

Tape::Tape(Edge root) : root_(std::move(root)) {
  const std::vector<Node*> ops = collect_ops();
  for (Node* op : ops)
    for (const Edge& input : op->edges())
      if (input && is_leaf(input.node())) add(input.node());
  leaf_count_ = nodes_.size();
  for (Node* op : ops) add(*op);
  if (ops.empty() && root_) {  // the tensor is itself a leaf
    add(root_.node());
    leaf_count_ = 1;
  }
}

std::string Tape::name(const Node& node) const {
  const size_t index = place(node);
  return is_leaf(node) ? "x" + std::to_string(index + 1) : "%" + std::to_string(index - leaf_count_ + 1);
}

std::vector<Node*> Tape::collect_ops() const {
  std::vector<Node*> ops;
  for_each_node(
      {&root_, 1}, [](const Edge& edge) { return !is_leaf(edge.node()); },
      [&](Node& op) { ops.push_back(&op); });
  std::ranges::sort(ops, {}, &Node::number);
  return ops;
}

void Tape::add(Node& node) {
  if (places_.try_emplace(&node, nodes_.size()).second) nodes_.push_back(&node);
}

std::string shape_of(const Tensor& x) {
  TextStream stream;
  stream << text(x.sizes());
  return stream.str();
}

std::string shapes(Node& node) {
  TextStream list;
  for (uint32_t nr = 0; nr < node.output_count(); ++nr)
    list << (nr == 0 ? "" : ", ") << text(node.nth_output(nr).shape());
  return list.str();
}

std::string inputs(const Tape& tape, const Node& node) {
  const std::span<const Edge> edges = node.edges();
  const bool shorten = edges.size() > 6;  // x1, x2, x3, ..., x9
  std::string list;
  for (size_t i = 0; i < edges.size(); ++i) {
    if (i != 0) list += ", ";
    if (shorten && i == 3) {
      list += "..., ";
      i = edges.size() - 1;
    }
    list += edges[i] ? tape.name(edges[i].node()) + part_of(edges[i]) : "constant";
  }
  return list;
}

std::string four_digits(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 4).ptr};
}

std::string part_of(const Edge& edge) {
  return edge.node().output_count() > 1 ? "[" + std::to_string(edge.output_nr) + "]" : "";
}

}  // namespace gradus::autograd
