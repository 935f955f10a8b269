// More pointwise functions of one variable. See autograd/ops/pointwise.cpp.
#include "autograd/ops/pointwise.h"

namespace gradus {

Tensor rsqrt(const Tensor& x) { return unary<formulas::Rsqrt>(x); }
Tensor reciprocal(const Tensor& x) { return unary<formulas::Reciprocal>(x); }
Tensor sin(const Tensor& x) { return unary<formulas::Sin>(x); }
Tensor cos(const Tensor& x) { return unary<formulas::Cos>(x); }
Tensor floor(const Tensor& x) { return is_integer(x.dtype()) ? x.clone() : unary<formulas::Floor>(x); }
Tensor ceil(const Tensor& x) { return is_integer(x.dtype()) ? x.clone() : unary<formulas::Ceil>(x); }
Tensor log1p(const Tensor& x) { return unary<formulas::Log1p>(x); }
Tensor expm1(const Tensor& x) { return unary<formulas::Expm1>(x); }
Tensor erf(const Tensor& x) { return unary<formulas::Erf>(x); }
Tensor isinf(const Tensor& x) { return pointwise(formulas::IsInf{}, x); }

}  // namespace gradus
