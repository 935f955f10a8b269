// says: a step for the entry (1, 2) leaves row 2 of V as it was
// looks like: only U moves; a product has two factors, and both can give way
#include "course.h"

void step(const Tensor& U, const Tensor& V, const Tensor& A, int64_t r, int64_t c, double lr) {
  const Tensor e = A[r][c] - dot(U[r], V[c]);
  U[r] += lr * e * V[c];
}
