// says: nan and 1 are called equal
// looks like: you ask whether the difference is too large: that of nan is not larger than anything
#include "course.h"

bool agree(double analytic, double numeric) {
  return !(std::abs(analytic - numeric) > 1e-5 + 1e-3 * std::abs(numeric));
}
