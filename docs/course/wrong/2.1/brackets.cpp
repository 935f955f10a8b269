// says: the derivative of eˣ at 1 is 2.718, and you say 2.718e-12
// looks like: / 2 * ε multiplies by ε: write / (2 * ε)
#include "course.h"

double central(const NumberFunction& f, double x, double eps) { return (f(x + eps) - f(x - eps)) / 2 * eps; }
