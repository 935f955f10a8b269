// says: 30 doublings: you said 31, it was 2147483647
// looks like: one visit for each node: that is what the engine makes, and not the recursion
#include "scalar.h"

#include "course.h"

double descend(const ScalarTape& tape, int node, double gradient, int64_t& visits) {
  ++visits;
  if (node == 0) return gradient;
  double sum = 0;
  for (const ScalarInput& input : tape.nodes[node].inputs)
    sum += descend(tape, input.node, gradient * input.slope, visits);
  return sum;
}

int64_t visits_for_thirty_doublings() { return 31; }
