// says: the known entries have rank 1, but after 300 epochs their loss is 1.008
// looks like: A * M: a hidden entry is not a 0, nobody knows what it is
#include "course.h"

void known(const Tensor& U, const Tensor& V, const Tensor& A, const Tensor& M, double lr) {
  const Tensor B = A * M;
  for (int64_t r = 0; r < A.size(0); ++r)
    for (int64_t c = 0; c < A.size(1); ++c) {
      const Tensor e = B[r][c] - dot(U[r], V[c]);
      U[r] += lr * e * V[c];
      V[c] += lr * e * U[r];
    }
}
