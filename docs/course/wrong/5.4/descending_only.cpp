// says: y = 3 x;  a = 2 y;  b = 5 y;  c = a + b: the order 4 2 3 1 0 is safe, and you say that it is not
// looks like: only descending numbers: they are safe, but a and b of the diamond may change places
#include "scalar.h"

#include "course.h"

bool is_safe(const ScalarTape&, const std::vector<int>& order) {
  return std::is_sorted(order.begin(), order.end(), std::greater<int>());
}
