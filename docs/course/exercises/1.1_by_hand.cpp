// 1.1  Two lines by hand                                                                20 minutes, chapter 1
//
// sgd_factorise looks at one entry after another. For the entry (r, c) the error is e = A[r][c] - U[r] · V[c], and the
// loss of this entry is e². Write the two lines that move the rows U[r] and V[c] a little way downhill.
#include "course.h"

/// One step for the entry (r, c). U is (m, k), V is (n, k), A is (m, n). It changes row r of U and row c of V in place,
/// as in `U[r] += …`. `lr` is the learning rate.
void step(const Tensor& U, const Tensor& V, const Tensor& A, int64_t r, int64_t c, double lr) {  // your part
  not_yet("1.1");
}
