// says: 0 and 1e-12 are called different
// looks like: only a thousandth of the number is allowed: near 0 that is nothing
#include "course.h"

bool agree(double analytic, double numeric) {
  return std::abs(analytic - numeric) <= 1e-3 * std::abs(numeric);
}
