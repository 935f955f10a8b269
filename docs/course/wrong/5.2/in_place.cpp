// says: the gradient that was sent first was 1 1 1, and now it is 2 2 2
// looks like: sum.add_() into a tensor that is not yours: after `sum = gradient` both names have the same memory
#include "course.h"

void gather(Tensor& sum, const Tensor& gradient) {
  if (sum.defined())
    sum.add_(gradient);
  else
    sum = gradient;
}
