// says: entry (1, 0) is hidden, but your U changes when it does
// looks like: the mask is not asked
#include "course.h"

void known(const Tensor& U, const Tensor& V, const Tensor& A, const Tensor&, double lr) {
  for (int64_t r = 0; r < A.size(0); ++r)
    for (int64_t c = 0; c < A.size(1); ++c) {
      const Tensor e = A[r][c] - dot(U[r], V[c]);
      U[r] += lr * e * V[c];
      V[c] += lr * e * U[r];
    }
}
