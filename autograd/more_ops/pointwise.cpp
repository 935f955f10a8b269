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

// ---- Bounds ---------------------------------------------------------------------------------------------------------

/// Error if a bound would move x to numbers that its small integer dtype cannot hold. A bound on the side where x has no
/// numbers changes nothing: uint8 is never below -1.
static void check_bounds(const Tensor& x, const std::optional<Scalar>& min,
                         const std::optional<Scalar>& max) {
  if (min && min->isIntegral(true) && min->toLong() > 0) check_fits("clamp", *min, x.dtype());
  if (max && max->isIntegral(true) && max->toLong() < 0) check_fits("clamp", *max, x.dtype());
}

// y = min(max(x, low), high)    x̄ = ȳ where low ≤ x ≤ high
Tensor clamp(const Tensor& x, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
  check(min || max, "clamp: at least one of min and max must be given");
  if (is_small_integer(x.dtype())) check_bounds(x, min, max);
  const bool in_one_pass = min && max && x.is_floating_point();
  Tensor y = in_one_pass ? pointwise(formulas::Clamp{}, x, scalar_like(x, *min), scalar_like(x, *max)) : x;
  if (min && !in_one_pass) y = pointwise(formulas::Maximum{}, y, *min);
  if (max && !in_one_pass) y = pointwise(formulas::Minimum{}, y, *max);
  return record("clamp", y, wrt(x, saved(x), [min, max](const Tensor& g, const Tensor& x) {
                  Tensor inside = ones_like(g, kBool);
                  if (min) inside = inside & ge(x, *min);
                  if (max) inside = inside & le(x, *max);
                  return constant_in(x, where(inside, g, 0));
                }));
}
// y = max(x, low)
Tensor clamp_min(const Tensor& x, const Scalar& min) { return clamp(x, min); }
// y = min(x, high)
Tensor clamp_max(const Tensor& x, const Scalar& max) { return clamp(x, std::nullopt, max); }

}  // namespace gradus
