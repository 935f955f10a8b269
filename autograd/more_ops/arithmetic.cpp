// More functions of two tensors: remainder, maximum, minimum, interpolation. Also the triangles of matrices.
#include "autograd/more_ops/functions.h"
#include "autograd/ops/pointwise.h"

namespace gradus {

// y = a - q b     ā = ȳ           b̄ = -ȳ q        with a whole number q
Tensor remainder(const Tensor& a, const Tensor& b) {
  const bool real = a.is_floating_point() || b.is_floating_point();
  host_work(kernels_of(a), "remainder", [=] {
    check(real || !any(eq(b, 0)).item<bool>(), "remainder: division by zero in an integer tensor");
  });
  return record("remainder", pointwise(formulas::Remainder{}, a, b), wrt(a, unchanged),
                wrt(b, saved(a, b), slope_b<formulas::Remainder>));
}
Tensor remainder(const Tensor& a, const Scalar& b) {
  check(a.is_floating_point() || b.toDouble() != 0, "remainder: division of an integer tensor by zero");
  return record("remainder", pointwise(formulas::Remainder{}, a, b), wrt(a, unchanged));
}
Tensor remainder(const Scalar& a, const Tensor& b) { return remainder(scalar_like(b, a), b); }

// y = max(a, b)   ā = ȳ where a > b, ½ ȳ where a = b        b̄ likewise
Tensor maximum(const Tensor& a, const Tensor& b) {
  if (a.dtype() == kBool && b.dtype() == kBool) return a | b;
  return record("maximum", pointwise(formulas::Maximum{}, a, b),
                wrt(a, saved(a, b), slope_a<formulas::Maximum>),
                wrt(b, saved(a, b), slope_b<formulas::Maximum>));
}
// y = min(a, b)   ā = ȳ where a < b, ½ ȳ where a = b        b̄ likewise
Tensor minimum(const Tensor& a, const Tensor& b) {
  if (a.dtype() == kBool && b.dtype() == kBool) return a & b;
  return record("minimum", pointwise(formulas::Minimum{}, a, b),
                wrt(a, saved(a, b), slope_a<formulas::Minimum>),
                wrt(b, saved(a, b), slope_b<formulas::Minimum>));
}

// y = a + w (b - a) if w < ½, else b - (1 - w) (b - a), which is exact at w = 1
Tensor lerp(const Tensor& start, const Tensor& end, const Scalar& weight) {
  const Tensor difference = as_floating_point(end) - as_floating_point(start);  // of two uint8 it would wrap
  const double w = weight.toDouble();
  return w < 0.5 ? start + difference * weight : end - difference * (1 - w);
}
Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight) {
  const Tensor difference = as_floating_point(end) - as_floating_point(start), near_start = lt(weight, 0.5);
  return where(near_start, start, end) + difference * where(near_start, weight, weight - 1);
}

// y = x on one side of a diagonal, else 0       x̄ = ȳ on that side, else 0
static Tensor triangle(const char* op, const Tensor& x, int64_t diagonal, bool lower) {
  check(x.dim() >= 2, op, ": a matrix or a batch of them is needed, not ", text(x.sizes()));
  const auto count = [&](int64_t d) { return arange(x.size(d), TensorOptions(kInt64).device(x.device())); };
  // The column at which each row meets the diagonal, and the number of each column. A diagonal far outside of the
  // matrix is moved to its border, where the sum does not overflow.
  const int64_t shift = std::clamp(diagonal, -x.size(-2), x.size(-1));
  const Tensor on_diagonal = count(-2).unsqueeze(1) + shift, column = count(-1);
  const Tensor y =
      where(lower ? le(column, on_diagonal) : ge(column, on_diagonal), x.detach(), zeros({}, x.options()));
  return record(op, y,
                wrt(x, [op, diagonal, lower](const Tensor& g) { return triangle(op, g, diagonal, lower); }));
}
// yᵢⱼ = xᵢⱼ where j - i ≤ k, else 0
Tensor tril(const Tensor& x, int64_t diagonal) { return triangle("tril", x, diagonal, true); }
// yᵢⱼ = xᵢⱼ where j - i ≥ k, else 0
Tensor triu(const Tensor& x, int64_t diagonal) { return triangle("triu", x, diagonal, false); }

// The coordinates of the true elements, one vector per dimension
std::vector<Tensor> where(const Tensor& condition) { return unbind(nonzero(condition), 1); }

// y = |a - b| ≤ atol + rtol |b|, or a = b. No derivative.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  const NoGradGuard no_grad;
  if (!a.is_floating_point() && !b.is_floating_point()) {
    // Near each other, two int64 have an exact distance; far from each other, one that float64 rounds.
    const Tensor x = a.to(kFloat64), y = b.to(kFloat64), rounded = abs(x - y);
    const Tensor exact = abs(a.to(kInt64) - b.to(kInt64)).to(kFloat64);
    return le(where(rounded < 0x1p62, exact, rounded), atol + rtol * abs(y));
  }
  const Dtype dtype = a.dtype() == b.dtype() ? a.dtype() : kFloat64;
  const Tensor x = a.to(dtype), y = b.to(dtype);
  const Tensor close = eq(x, y) | (isfinite(y) & le(abs(x - y), atol + rtol * abs(y)));
  return equal_nan ? close | (isnan(x) & isnan(y)) : close;
}
bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  return all(isclose(a, b, rtol, atol, equal_nan)).item<bool>();
}

// y = aᵇ          ā = ȳ b aᵇ⁻¹        b̄ = ȳ y ln a
Tensor pow(const Tensor& base, const Tensor& exponent) {
  const Dtype dtype = result_type(base, exponent);
  const Tensor a = base.to(dtype), b = exponent.to(dtype);
  const Tensor y = pointwise(formulas::Pow{}, a, b);
  return record("pow", y, wrt(a, saved(a, b), slope_a<formulas::Pow>),
                wrt(b, saved(a, y), slope_b<formulas::Pow>));
}

// y = sᵇ          b̄ = ȳ y ln s
Tensor pow(const Scalar& base, const Tensor& exponent) {
  const Tensor b = exponent.to(result_type(exponent, base));
  const Tensor y = pointwise(formulas::Pow{}, base, b);
  return record("pow", y, wrt(b, saved(y), [base](const Tensor& g, const Tensor& y) {
                  return slope_b<formulas::Pow>(g, scalar_like(y, base), y);
                }));
}

Tensor operator^(const Tensor& a, const Tensor& b) { return pointwise(formulas::BitXor{}, a, b); }
Tensor operator^(const Tensor& a, const Scalar& b) { return pointwise(formulas::BitXor{}, a, b); }

// y = min(max(x, low), high)      ȳ goes to the one of x, low and high that y equals; if low > high, y = high
Tensor clamp(const Tensor& x, const std::optional<Tensor>& min, const std::optional<Tensor>& max) {
  check(min || max, "clamp: at least one of min and max must be given");
  const Tensor above = min ? where(lt(x, *min) | isnan(*min), *min, x) : x;
  return max ? where(gt(above, *max) | isnan(*max), *max, above) : above;
}

Tensor where(const Tensor& condition, const Scalar& a, const Scalar& b) {
  return where(condition, full({}, a).to(condition.device()), b);
}

bool equal(const Tensor& a, const Tensor& b) { return a.sizes() == b.sizes() && all(eq(a, b)).item<bool>(); }

}  // namespace gradus
