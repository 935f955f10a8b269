// Restriction: the part of a graph that a backward pass visits if only the gradients of given inputs are wanted.
#pragma once

#include <unordered_map>
#include <vector>

#include "autograd/node.h"

namespace gradus::autograd {

/// The paths from the roots of a pass to some inputs.
class Restriction {
 public:
  /// With go_on = false a path ends at the first input on it: gradients from one input to another are left out.
  Restriction(std::span<const Edge> roots, std::span<const Edge> inputs, bool go_on);

  bool contains(const Node& node) const { return rules_run_.contains(&node); }
  /// Do the paths end at this node? Then its gradient is captured, but its rules do not run.
  bool ends_at(const Node& node) const { return !rules_run_.at(&node); }
  bool goes_on() const { return go_on_; }
  /// Copies the gradients of those outputs of the node that are inputs of the restriction into `captured`.
  void capture(Node& node, std::vector<Tensor>& captured) const;

 private:
  std::unordered_map<const Node*, bool> rules_run_;  // every node on a path, and whether its rules must run
  std::vector<Edge> inputs_;
  bool go_on_;
};

}  // namespace gradus::autograd
