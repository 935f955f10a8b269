// says: 2 and -2 are called equal
// looks like: the signs are dropped before the comparison: a rule with the wrong sign would pass
#include "course.h"

bool agree(double analytic, double numeric) {
  return std::abs(std::abs(analytic) - std::abs(numeric)) <= 1e-5 + 1e-3 * std::abs(numeric);
}
