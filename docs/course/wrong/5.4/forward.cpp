// says: a = 3 x;  b = 5 a: the order 2 1 0 is safe, and you say that it is not
// looks like: inputs before the ops that use them: this is the order of the forward pass
#include "scalar.h"

#include "course.h"

bool is_safe(const ScalarTape& tape, const std::vector<int>& order) {
  std::vector<bool> taken(tape.nodes.size(), false);
  for (const int node : order) {
    for (const ScalarInput& input : tape.nodes[node].inputs)
      if (!taken[input.node]) return false;
    taken[node] = true;
  }
  return true;
}
