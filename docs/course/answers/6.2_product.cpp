// 6.2  The two rules of a product                                                       30 minutes, chapter 6
//
// Record Y = A B as one op, with a rule for each factor. The shapes tell you almost everything.
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

/// Y = A B of matrices (m, k) and (k, n), recorded as "product".
Tensor product(const Tensor& a, const Tensor& b) {  // your part
  return record("product", a.detach().mm(b.detach()),
                wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return g.mm(b.t()); }),
                wrt(b, saved(a), [](const Tensor& g, const Tensor& a) { return a.t().mm(g); }));
}
