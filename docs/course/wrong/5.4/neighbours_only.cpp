// says: y = 3 x;  a = 2 y;  b = 5 y;  c = a + b: the order 4 2 1 3 0 is not safe, and you say that it is
// looks like: you ask that one node which uses it was taken; all of them must be
#include "scalar.h"

#include "course.h"

bool is_safe(const ScalarTape& tape, const std::vector<int>& order) {
  std::vector<bool> reached(tape.nodes.size(), false);
  reached[tape.nodes.size() - 1] = true;
  for (const int node : order) {
    if (!reached[node]) return false;
    for (const ScalarInput& input : tape.nodes[node].inputs) reached[input.node] = true;
  }
  return true;
}
