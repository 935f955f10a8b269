// says: line %4 of the tape is "sum %3 (2,)", and yours is "sum %3 (3,)"
// looks like: sum(0) sums over the rows and leaves a number for each column; the shape on the tape is (2,)
#include "course.h"

Tensor program(const Tensor& x, const Tensor& w) {
  const Tensor sums = ((x * w).exp() - x).sum(0);
  return (sums * sums).mean();
}
