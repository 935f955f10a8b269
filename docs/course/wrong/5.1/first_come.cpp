// says: y = 3 x;  a = 2 y;  b = 5 a;  c = b + y      at x = 2
// says: x̄ is 3, but the difference quotient says 33
// says: your walk: %4 add → %3 mul → %1 mul → %2 mul → x leaf
// says: %1 was taken while %2 still owed it 10
// looks like: "first come, first served": it passes the diamond, because there both ways have the same length
#include "scalar.h"

#include "course.h"

int next_node(const std::vector<int>& waiting) { return waiting.front(); }
