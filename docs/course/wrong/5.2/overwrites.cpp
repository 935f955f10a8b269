// says: b̄ is 1 1 1, but two ops used b: 2 2 2
// looks like: the second gradient takes the place of the first
#include "course.h"

void gather(Tensor& sum, const Tensor& gradient) { sum = gradient; }
