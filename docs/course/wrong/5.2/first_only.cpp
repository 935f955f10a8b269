// says: b̄ is 1 1 1, but b was used with the slopes 1 and 5: 6 6 6
// looks like: what comes after the first gradient is dropped
#include "course.h"

void gather(Tensor& sum, const Tensor& gradient) {
  if (!sum.defined()) sum = gradient;
}
