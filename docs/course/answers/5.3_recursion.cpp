// 5.3  The recursion that is right, and what it costs                                   30 minutes, chapter 5
//
// One can do without an order: follow every path from the result down to x, and add up what arrives. Write it, and count
// the nodes that it visits. For b = a + a, c = b + b, …, thirty times, predict the count before you run it.
#include "scalar.h"

#include "course.h"

/// Visits `node` with the gradient that has come down one path, then its inputs, with theirs. Returns the sum of the
/// gradients with which x, node 0, is visited. Counts every visit, the one of x included, in `visits`.
double descend(const ScalarTape& tape, int node, double gradient, int64_t& visits) {  // your part
  ++visits;
  if (node == 0) return gradient;
  double sum = 0;
  for (const ScalarInput& input : tape.nodes[node].inputs)
    sum += descend(tape, input.node, gradient * input.slope, visits);
  return sum;
}

/// How many visits are there for thirty doublings? The engine makes 31.
int64_t visits_for_thirty_doublings() {  // your part
  return (int64_t{1} << 31) - 1;
}
