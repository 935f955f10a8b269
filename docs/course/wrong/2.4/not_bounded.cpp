// says: at x = 0.001 with ε = 1e-06 the quotient is 1, and you say 1000
// looks like: x / ε everywhere: this is right between -ε and ε only
#include "course.h"

double quotient_of_abs(double x, double eps) { return x / eps; }
