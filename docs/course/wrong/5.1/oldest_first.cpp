// says: y = 3 x;  a = 2 y;  b = 5 y;  c = a + b      at x = 2
// says: x̄ is 6, but the difference quotient says 21
// says: your walk: %4 add → %2 mul → %1 mul → x leaf → %3 mul
// says: %1 was taken while %3 still owed it 5
// looks like: the smallest number first: the op that ran earliest, although later ops may still owe it a gradient
#include "scalar.h"

#include "course.h"

int next_node(const std::vector<int>& waiting) { return *std::min_element(waiting.begin(), waiting.end()); }
