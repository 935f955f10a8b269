// says: 3 doublings: you counted 8 visits, there are 15: 1 + 2 + 4 + 8
// looks like: you count the visits of x alone, which is the number of paths
#include "scalar.h"

#include "course.h"

double descend(const ScalarTape& tape, int node, double gradient, int64_t& visits) {
  if (node == 0) return ++visits, gradient;
  double sum = 0;
  for (const ScalarInput& input : tape.nodes[node].inputs)
    sum += descend(tape, input.node, gradient * input.slope, visits);
  return sum;
}

int64_t visits_for_thirty_doublings() { return int64_t{1} << 30; }
