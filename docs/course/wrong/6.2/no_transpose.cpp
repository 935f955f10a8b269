// says: mm: a is (2, 4) and b is (3, 4): a's columns (4) must equal b's rows (3)
// looks like: Ā = Ȳ B, as for numbers; for matrices the other factor is transposed
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor product(const Tensor& a, const Tensor& b) {
  return record("product", a.detach().mm(b.detach()),
                wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return g.mm(b); }),
                wrt(b, saved(a), [](const Tensor& g, const Tensor& a) { return a.mm(g); }));
}
