// says: line %3 of the tape is "sub %2, x1 (2, 3)", and yours is "sub x1, %2 (2, 3)"
// looks like: the difference is the wrong way round: the first input is what one subtracts from
#include "course.h"

Tensor program(const Tensor& x, const Tensor& w) {
  const Tensor sums = (x - (x * w).exp()).sum(1);
  return (sums * sums).mean();
}
