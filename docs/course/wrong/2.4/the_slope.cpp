// says: at x = 1e-07 with ε = 1e-06 the quotient is 0.1, and you say 1
// looks like: the sign of x: this is the slope of |x|. The quotient looks ε far, across the kink
#include "course.h"

double quotient_of_abs(double x, double) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
