// says: line %5 of the tape is "mul %4, %4 (2,)", and yours is "pow %4 (2,)"
// looks like: pow(2) has the same value, but it is another op: the tape shows a product of %4 with itself
#include "course.h"

Tensor program(const Tensor& x, const Tensor& w) { return ((x * w).exp() - x).sum(1).pow(2).mean(); }
