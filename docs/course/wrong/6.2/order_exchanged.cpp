// says: mm: a is (2, 4) and b is (3, 2): a's columns (4) must equal b's rows (3)
// looks like: B̄ = Ȳ Aᵀ; with square matrices the shapes do not tell you, so the check uses (2, 3)(3, 4)
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor product(const Tensor& a, const Tensor& b) {
  return record("product", a.detach().mm(b.detach()),
                wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return g.mm(b.t()); }),
                wrt(b, saved(a), [](const Tensor& g, const Tensor& a) { return g.mm(a.t()); }));
}
