// says: a = 3 x;  b = 5 a: x̄ is 1, and the recursion should say 15
// looks like: the gradient goes down as it came; it must be multiplied by the slope of each step
#include "scalar.h"

#include "course.h"

double descend(const ScalarTape& tape, int node, double gradient, int64_t& visits) {
  ++visits;
  if (node == 0) return gradient;
  double sum = 0;
  for (const ScalarInput& input : tape.nodes[node].inputs) sum += descend(tape, input.node, gradient, visits);
  return sum;
}

int64_t visits_for_thirty_doublings() { return (int64_t{1} << 31) - 1; }
