// for_each_node: a walk over a graph, for everything except the backward pass itself.
#pragma once

#include <unordered_set>
#include <utility>
#include <vector>

#include "autograd/node.h"

namespace gradus::autograd {

/// Depth first from the roots, each node once. Calls enter(edge) for every edge that is not empty; it returns
/// whether to go on to the edge's node. Calls leave(node) when all inputs of a node have been left, so inputs
/// come before outputs. The stack is a vector: a graph may be a million ops deep.
template <class Enter, class Leave>
void for_each_node(std::span<const Edge> roots, Enter enter, Leave leave) {
  std::unordered_set<const Node*> seen;
  std::vector<std::pair<Node*, size_t>> stack;  // a node and which of its edges comes next
  const auto visit = [&](const Edge& edge) {
    if (edge && enter(edge) && seen.insert(&edge.node()).second) stack.emplace_back(&edge.node(), 0);
  };
  for (const Edge& root : roots) {
    visit(root);
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (const std::span<const Edge> edges = node->edges(); next < edges.size()) {
        visit(edges[next++]);
      } else {
        Node& left = *node;
        stack.pop_back();
        leave(left);
      }
    }
  }
}

}  // namespace gradus::autograd
