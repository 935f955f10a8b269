// says: gradcheck: product, input 0 (2, 3), entry (0, 0): analytic 2.24572 but numeric 0.460913 (difference 1.78481 > tolerance 0.000470913) for output entry (0, 0)
// looks like: ȳ is replaced by ones: right only for the sum of Y, where ȳ is 1 everywhere
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

Tensor product(const Tensor& a, const Tensor& b) {
  return record("product", a.detach().mm(b.detach()),
                wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return ones_like(g).mm(b.t()); }),
                wrt(b, saved(a), [](const Tensor& g, const Tensor& a) { return a.t().mm(ones_like(g)); }));
}
