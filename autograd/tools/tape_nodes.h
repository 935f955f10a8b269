// Tape: the nodes of a graph in the order in which the table, the drawing and the page show them, and their names.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "autograd/node.h"

namespace gradus::autograd {

inline bool is_leaf(const Node& node) { return node.number() == 0; }

/// All nodes that a tensor depends on: first the leaves, in the order in which the ops use them, then the ops,
/// oldest first. Leaves are named x1, x2, …, and ops %1, %2, …
class Tape {
 public:
  explicit Tape(Edge root);

  const std::vector<Node*>& nodes() const { return nodes_; }
  bool contains(const Node& node) const { return places_.contains(&node); }
  /// The index in nodes().
  size_t place(const Node& node) const { return places_.at(&node); }
  std::string name(const Node& node) const;

 private:
  std::vector<Node*> collect_ops() const;
  void add(Node& node);

  Edge root_;  // keeps every node alive
  std::vector<Node*> nodes_;
  std::unordered_map<const Node*, size_t> places_;
  size_t leaf_count_ = 0;
};

/// "(3, 2)"
std::string shape_of(const Tensor& x);

/// "(3, 2)", or "(3, 2), (2,), (2, 2)" for an op with several outputs.
std::string shapes(Node& node);

/// "x1, %2"; "%3[1]" is the second output of %3, "constant" a tensor that takes no gradient. Of more than six inputs
/// it names the first three and the last.
std::string inputs(const Tape& tape, const Node& node);

/// "4", "0.1219" or "1.3e-05".
std::string four_digits(double value);

/// "" or, for an edge to an op with several outputs, the output's number: "[1]".
std::string part_of(const Edge& edge);

}  // namespace gradus::autograd
