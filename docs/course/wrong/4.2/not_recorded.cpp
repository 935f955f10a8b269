// says: the tape shows "mul", not one op "cube"
// looks like: x * x * x, which puts two products on the tape; nothing is wrong with it, but it is not your op
#include "course.h"

Tensor cube(const Tensor& x) { return x * x * x; }
