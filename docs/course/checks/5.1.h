// Three graphs, of which each catches another order; and random ones.
#pragma once

#include <random>

#include "check.h"
#include "scalar.h"

namespace course {

struct Part {
  int (*next_node)(const std::vector<int>& waiting);
};

inline std::string node_name(const ScalarTape& tape, int node) {
  return node == 0 ? "x leaf" : sentence("%", node, " ", tape.nodes[node].op);
}

/// dc/dx of a tape that starts with x: forward, from the first node to the last.
inline double derivative_forward(const ScalarTape& tape) {
  std::vector<double> slope(tape.nodes.size(), 0);
  slope[0] = 1;
  for (size_t i = 1; i < tape.nodes.size(); ++i)
    for (const ScalarInput& input : tape.nodes[i].inputs) slope[i] += input.slope * slope[input.node];
  return slope.back();
}

/// The first node of the walk that was taken too early, as "%1 was taken while %3 still owed it 5".
inline std::string too_early(const ScalarTape& tape, const std::vector<int>& walk) {
  for (auto taken = walk.begin(); taken != walk.end(); ++taken)
    for (auto later = taken; later != walk.end(); ++later)
      for (const ScalarInput& input : tape.nodes[*later].inputs)
        if (input.node == *taken) {
          const std::string name = *taken == 0 ? "x" : sentence("%", *taken);
          return sentence(name, " was taken while %", *later, " still owed it ",
                          tape.nodes[*later].gradient * input.slope);
        }
  return "";
}

/// Every node after x takes one or two earlier nodes, and the last takes all that nobody took.
inline ScalarTape random_tape(uint64_t seed) {
  std::mt19937_64 random(seed);
  ScalarTape tape;
  tape.leaf(2);
  for (int i = 1; i < 12; ++i) {
    const auto earlier = [&] { return static_cast<int>(random() % i); };
    if (random() % 2)
      tape.times(1 + static_cast<double>(random() % 3), std::max(earlier(), i - 4));
    else
      tape.add(earlier(), std::max(earlier(), i - 2));
  }
  return tape;
}

inline void ask(const Part& part, Check& check) {
  const auto walk = [&](const std::string& program, ScalarTape tape) {
    const int last = static_cast<int>(tape.nodes.size()) - 1;
    const std::vector<int> order = walk_back(tape, last, part.next_node);
    const double yours = check.note(tape.nodes[0].gradient), right = derivative_forward(tape);
    std::string names;
    for (const int node : order) names += (names.empty() ? "" : " → ") + node_name(tape, node);
    check.expect(yours == right, program, "\nx̄ is ", yours, ", but the difference quotient says ", right,
                 "\nyour walk: ", names, "\n", too_early(tape, order));
  };
  check.point("a chain", [&] {
    ScalarTape tape;
    tape.times(5, tape.times(3, tape.leaf(2)));
    walk("a = 3 x;  b = 5 a      at x = 2", tape);
  });
  check.point("the diamond", [&] {
    ScalarTape tape;
    const int y = tape.times(3, tape.leaf(2)), a = tape.times(2, y), b = tape.times(5, y);
    tape.add(a, b);
    walk("y = 3 x;  a = 2 y;  b = 5 y;  c = a + b      at x = 2", tape);
  });
  check.point("a long way and a short one", [&] {
    ScalarTape tape;
    const int y = tape.times(3, tape.leaf(2)), a = tape.times(2, y), b = tape.times(5, a);
    tape.add(b, y);
    walk("y = 3 x;  a = 2 y;  b = 5 a;  c = b + y      at x = 2", tape);
  });
  for (uint64_t i = 0; i < 3; ++i)
    check.point(sentence("a random graph, ", i + 1),
                [&] { walk("a random graph of 11 ops at x = 2", random_tape(10 * check.seed + i)); });
}

}  // namespace course
