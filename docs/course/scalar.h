// The engine of chapter 5 for numbers instead of tensors: a tape, and the walk back along it.
//
//     ScalarTape tape;
//     const int x = tape.leaf(2), y = tape.times(3, x), a = tape.times(2, y), b = tape.times(5, y);
//     const int c = tape.add(a, b);
//     walk_back(tape, c, next_node);     // now tape.nodes[x].gradient is dc/dx
#pragma once

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

/// An input of an op: the node that it came from, and the derivative of the op's result by it.
struct ScalarInput {
  int node;
  double slope;
};

/// A recorded op. Its number is its position on the tape, so its inputs have smaller numbers.
struct ScalarNode {
  std::string op;
  double value;
  std::vector<ScalarInput> inputs;
  double gradient = 0;
};

struct ScalarTape {
  std::vector<ScalarNode> nodes;

  int record(std::string op, double value, std::vector<ScalarInput> inputs) {
    nodes.push_back({std::move(op), value, std::move(inputs)});
    return static_cast<int>(nodes.size()) - 1;
  }
  int leaf(double value) { return record("leaf", value, {}); }
  int times(double factor, int a) { return record("mul", factor * nodes[a].value, {{a, factor}}); }
  int add(int a, int b) { return record("add", nodes[a].value + nodes[b].value, {{a, 1}, {b, 1}}); }
  int mul(int a, int b) {
    return record("mul", nodes[a].value * nodes[b].value, {{a, nodes[b].value}, {b, nodes[a].value}});
  }
};

/// Chooses from the nodes that have a gradient and wait for their turn, in the order in which they came.
using NextNode = std::function<int(const std::vector<int>& waiting)>;

/// Walks back from node `from`. Each node is taken once, when `next_node` chooses it. Returns the order.
inline std::vector<int> walk_back(ScalarTape& tape, int from, const NextNode& next_node) {
  std::vector<bool> seen(tape.nodes.size(), false);
  std::vector<int> waiting = {from}, order;
  tape.nodes[from].gradient = 1;
  seen[from] = true;
  while (!waiting.empty()) {
    const int taken = next_node(waiting);
    const auto place = std::find(waiting.begin(), waiting.end(), taken);
    if (place == waiting.end())
      throw std::runtime_error(std::to_string(taken) + " was chosen, which does not wait");
    waiting.erase(place);
    order.push_back(taken);
    for (const auto& [node, slope] : tape.nodes[taken].inputs) {
      tape.nodes[node].gradient += tape.nodes[taken].gradient * slope;
      if (!seen[node]) waiting.push_back(node);
      seen[node] = true;
    }
  }
  return order;
}
