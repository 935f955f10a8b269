// says: y = 3 x;  a = 2 y;  b = 5 y;  c = a + b      at x = 2
// says: x̄ is 15, but the difference quotient says 21
// says: your walk: %4 add → %3 mul → %1 mul → x leaf → %2 mul
// says: %1 was taken while %2 still owed it 2
// looks like: "last come, first served", which goes as deep as it can: depth first
#include "scalar.h"

#include "course.h"

int next_node(const std::vector<int>& waiting) { return waiting.back(); }
