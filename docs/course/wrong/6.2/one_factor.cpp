// says: gradcheck: product, input 1 (3, 4), entry (0, 0): analytic 0 but numeric 0.0610533 (difference 0.0610533 > tolerance 7.10533e-05) for output entry (0, 0)
// looks like: only A has a rule, so B counts as a constant
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor product(const Tensor& a, const Tensor& b) {
  return record("product", a.detach().mm(b.detach()),
                wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return g.mm(b.t()); }));
}
