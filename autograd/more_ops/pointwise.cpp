// More pointwise functions of one variable. See autograd/ops/pointwise.cpp.
#include "autograd/ops/pointwise.h"
#include "autograd/more_ops/functions.h"

namespace gradus {

Tensor rsqrt(const Tensor& x) { return unary<formulas::Rsqrt>(x); }
Tensor reciprocal(const Tensor& x) { return unary<formulas::Reciprocal>(x); }
Tensor sin(const Tensor& x) { return unary<formulas::Sin>(x); }
Tensor cos(const Tensor& x) { return unary<formulas::Cos>(x); }
Tensor tan(const Tensor& x) { return unary<formulas::Tan>(x); }
Tensor asin(const Tensor& x) { return unary<formulas::Asin>(x); }
Tensor acos(const Tensor& x) { return unary<formulas::Acos>(x); }
Tensor atan(const Tensor& x) { return unary<formulas::Atan>(x); }
Tensor sinh(const Tensor& x) { return unary<formulas::Sinh>(x); }
Tensor cosh(const Tensor& x) { return unary<formulas::Cosh>(x); }
Tensor log2(const Tensor& x) { return unary<formulas::Log2>(x); }
Tensor log10(const Tensor& x) { return unary<formulas::Log10>(x); }
Tensor floor(const Tensor& x) { return is_integer(x.dtype()) ? x.clone() : unary<formulas::Floor>(x); }
Tensor ceil(const Tensor& x) { return is_integer(x.dtype()) ? x.clone() : unary<formulas::Ceil>(x); }
Tensor log1p(const Tensor& x) { return unary<formulas::Log1p>(x); }
Tensor expm1(const Tensor& x) { return unary<formulas::Expm1>(x); }
Tensor erf(const Tensor& x) { return unary<formulas::Erf>(x); }
Tensor isinf(const Tensor& x) { return pointwise(formulas::IsInf{}, x); }

}  // namespace gradus
