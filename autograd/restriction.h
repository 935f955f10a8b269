// Restriction: the part of a graph that a backward pass visits when gradients of given inputs only are asked for.
#pragma once

#include <unordered_map>
#include <vector>

#include "autograd/node.h"

namespace gradus::autograd {

/// The paths from the roots of a pass to some inputs.
class Restriction {
 public:
  /// If the pass does not `go_on`, the paths end at the first input they meet: gradients between inputs are left out.
  Restriction(std::span<const Edge> roots, std::span<const Edge> inputs, bool go_on);

  bool contains(const Node& node) const { return rules_run_.contains(&node); }
  /// Is the gradient at this node only captured, and its rules not run?
  bool ends_at(const Node& node) const { return !rules_run_.at(&node); }
  bool goes_on() const { return go_on_; }
  /// Copies the gradients that the node's outputs have gathered for inputs into the inputs' places in `captured`.
  void capture(Node& node, std::vector<Tensor>& captured) const;

 private:
  std::unordered_map<const Node*, bool> rules_run_;  // every node on a path, and whether its rules must run
  std::vector<Edge> inputs_;
  bool go_on_;
};

}  // namespace gradus::autograd
