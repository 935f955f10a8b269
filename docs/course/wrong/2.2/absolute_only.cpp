// says: 1e+06 and 1.000001e+06 are called different
// looks like: a fixed difference is allowed: of a million it is less than rounding costs
#include "course.h"

bool agree(double analytic, double numeric) { return std::abs(analytic - numeric) <= 1e-5; }
