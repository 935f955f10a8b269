#include "autograd/restriction.h"

#include <algorithm>

#include "autograd/walk.h"

namespace gradus::autograd {

Restriction::Restriction(std::span<const Edge> roots, std::span<const Edge> inputs, bool go_on)
    : inputs_(inputs.begin(), inputs.end()), go_on_(go_on) {
  for (const Edge& input : inputs)
    if (input) rules_run_[&input.node()] = false;
  const auto is_on_path = [&](const Edge& edge) { return edge && contains(edge.node()); };
  for_each_node(
      roots, [&](const Edge& edge) { return go_on || !is_on_path(edge); },
      [&](const Node& node) {  // its inputs come before it
        if (std::ranges::any_of(node.edges(), is_on_path)) rules_run_[&node] = true;
      });
}

void Restriction::capture(Node& node, std::vector<Tensor>& captured) const {
  for (size_t i = 0; i < inputs_.size(); ++i)
    if (inputs_[i] && &inputs_[i].node() == &node)
      captured[i] = node.nth_output(inputs_[i].output_nr).gradient;
}

}  // namespace gradus::autograd
