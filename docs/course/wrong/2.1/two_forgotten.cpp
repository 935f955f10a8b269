// says: the derivative of eˣ at 1 is 2.718, and you say 5.437
// looks like: x - ε and x + ε are 2 ε apart, and you divide by ε
#include "course.h"

double central(const NumberFunction& f, double x, double eps) { return (f(x + eps) - f(x - eps)) / eps; }
