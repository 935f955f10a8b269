// More pointwise functions of one variable. See autograd/ops/pointwise.cpp.
#include "autograd/ops/pointwise.h"

namespace gradus {

Tensor log1p(const Tensor& x) { return unary<formulas::Log1p>(x); }
Tensor expm1(const Tensor& x) { return unary<formulas::Expm1>(x); }
Tensor erf(const Tensor& x) { return unary<formulas::Erf>(x); }
Tensor isinf(const Tensor& x) { return pointwise(formulas::IsInf{}, x); }

}  // namespace gradus
