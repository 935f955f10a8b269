// Orders of small graphs, safe and not; and all orders of a random graph of six nodes.
#pragma once

#include <numeric>
#include <random>

#include "check.h"
#include "scalar.h"

namespace course {

struct Part {
  bool (*is_safe)(const ScalarTape& tape, const std::vector<int>& order);
};

/// A walk in this order gives every node its whole gradient: each edge goes from a node to one that is taken later.
inline bool every_edge_goes_on(const ScalarTape& tape, const std::vector<int>& order) {
  const auto position = [&](int node) { return std::ranges::find(order, node) - order.begin(); };
  for (const int node : order)
    for (const ScalarInput& input : tape.nodes[node].inputs)
      if (position(input.node) < position(node)) return false;
  return true;
}

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const std::string& program, const ScalarTape& tape,
                           const std::vector<int>& order) {
    const bool yours = check.note(part.is_safe(tape, order)) != 0, right = every_edge_goes_on(tape, order);
    std::string numbers;
    for (const int node : order) numbers += " " + std::to_string(node);
    check.expect(yours == right, program, ": the order", numbers, right ? " is safe" : " is not safe",
                 ", and you say that it is", right ? " not" : "");
  };
  ScalarTape chain;
  chain.times(5, chain.times(3, chain.leaf(2)));
  for (const std::vector<int>& order : {std::vector{2, 1, 0}, {2, 0, 1}, {0, 1, 2}})
    check.point("a chain", [&] { compare("a = 3 x;  b = 5 a", chain, order); });
  ScalarTape diamond;
  const int y = diamond.times(3, diamond.leaf(2)), a = diamond.times(2, y), b = diamond.times(5, y);
  diamond.add(a, b);
  for (const std::vector<int>& order :
       {std::vector{4, 3, 2, 1, 0}, {4, 2, 3, 1, 0}, {4, 2, 1, 3, 0}, {4, 3, 1, 2, 0}})
    check.point("the diamond", [&] { compare("y = 3 x;  a = 2 y;  b = 5 y;  c = a + b", diamond, order); });
  check.point("all orders of a random graph", [&] {
    std::mt19937_64 random(check.seed);
    ScalarTape tape;
    tape.leaf(1);
    for (int i = 1; i < 6; ++i) tape.add(static_cast<int>(random() % i), i - 1);
    std::vector<int> order(6);
    std::iota(order.begin(), order.end(), 0);
    do compare("a random graph of 6 nodes", tape, order);
    while (std::next_permutation(order.begin(), order.end()));
  });
}

}  // namespace course
