// More reductions: products, variances, norms of any order, logsumexp, cumulative sums, and the maximum and minimum
// along one dimension with their indices.
#include <cmath>
#include <limits>

#include "autograd/ops/reduce.h"

namespace gradus {

namespace {

/// For every element xᵢ the product of all others along dimension d. Dividing the whole product by xᵢ would fail
/// at 0. Split the line into halves a and b. For aᵢ the product of all others is bᵢ times the product of the
/// other pairs aⱼbⱼ: the same problem, half as long.
Tensor product_of_others(const Tensor& x, int d) {
  const int64_t n = x.size(d), half = (n + 1) / 2;
  if (n <= 1) return ones_like(x);
  const Tensor a = x.narrow(d, 0, half);
  Tensor b = x.narrow(d, half, n - half);
  if (n % 2) b = cat({b, ones_like(b.narrow(d, 0, 1))}, d);
  const Tensor others = product_of_others(a * b, d);
  return cat({others * b, others * a}, d).narrow(d, 0, n);
}

}  // namespace

// y = Π xᵢ        x̄ᵢ = ȳ Πⱼ≠ᵢ xⱼ
Tensor prod(const Tensor& x, std::optional<Dtype> dtype) { return prod(x.reshape({-1}), 0, false, dtype); }

Tensor prod(const Tensor& input, int64_t dim, bool keepdim, std::optional<Dtype> dtype) {
  const Tensor x = summable(input.dim() ? input : input.reshape({1}), dtype);
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  const Dims dims("prod", x, d);
  return record("prod", reduce(formulas::Prod{}, x, dims, keepdim && input.dim()),
                wrt(x, saved(x), [dims, d](const Tensor& g, const Tensor& x) {
                  const Tensor others =
                      x.size(d) == 1 ? constant_in(x, ones_like(x)) : product_of_others(x, d);
                  return restore_dims(g, dims, static_cast<int>(x.dim())) * others;
                }));
}

// y = max xᵢ over some dimensions; equal maxima share the gradient, as in max(x)
Tensor amax(const Tensor& x, IntArrayRef dims, bool keepdim) {
  return extreme("amax", formulas::Max{}, x, dims, keepdim);
}
// y = min xᵢ over some dimensions; equal minima share the gradient, as in min(x)
Tensor amin(const Tensor& x, IntArrayRef dims, bool keepdim) {
  return extreme("amin", formulas::Min{}, x, dims, keepdim);
}
// y = (Σ |xᵢ|ᵖ)^(1/p) = s (Σ |xᵢ / s|ᵖ)^(1/p), with s = max |xᵢ|, or min |xᵢ| if p < 0, so that no power overflows
static Tensor norm_of_powers(double p, const Tensor& x, IntArrayRef over) {
  const Tensor size = abs(x);
  const Tensor largest = p < 0            ? amin(size.detach(), over, /*keepdim=*/true)
                         : x.numel() == 0 ? zeros(reduced_shape(x, Dims("norm", x, over), true), x.options())
                                          : amax(size.detach(), over, /*keepdim=*/true);
  const Tensor scale = where(gt(largest, 0) & isfinite(largest), largest, 1), scaled = size / scale;
  const double of_zero = p > 0 ? 0 : INFINITY;  // 0ᵖ, and also 0^(1/p)
  // The inner wheres keep slopes of 0ᵖ, which may be infinite, out of the derivative: at 0 it is taken as 0.
  const Tensor is_zero = eq(scaled, 0), powers = where(is_zero, of_zero, pow(where(is_zero, 1, scaled), p));
  const Tensor total = sum(powers, over, /*keepdim=*/true), nothing = eq(total, 0);
  return scale * where(nothing, of_zero, pow(where(nothing, 1, total), 1 / p));
}

// y = (Σ |xᵢ|ᵖ)^(1/p), and its limits: for p = ∞ the largest |xᵢ|, for p = -∞ the smallest, for p = 0 the number of
// elements that are not 0, which is a step and has the derivative 0
Tensor norm_of_order(double p, const Tensor& x, IntArrayRef over, bool keepdim) {
  check(!std::isnan(p), "norm: the order p must be a number, not NaN");
  if (p == 1) return sum(abs(x), over, keepdim);
  if (p == 0) return sum(abs(sign(where(isnan(x), 1, x))), over, keepdim);
  if (std::isinf(p)) return p > 0 ? amax(abs(x), over, keepdim) : amin(abs(x), over, keepdim);
  const Tensor y = norm_of_powers(p, x, over);
  return keepdim ? y : y.reshape(reduced_shape(x, Dims("norm", x, over), false));
}

/// Is any |xᵢ| below `least`, infinite or NaN? x is contiguous.
template <class T>
static bool any_outside(const Tensor& x, T least) {
  if (x.impl().storage->device != DeviceType::CPU) return any_outside(x.cpu(), least);
  const auto is_outside = [=](T value) {
    return !(std::abs(value) >= least && std::abs(value) < std::numeric_limits<T>::infinity());
  };
  const T* const values = x.raw().as<const T>();
  if (x.raw().dim == 0) return is_outside(*values);  // the common case, which needs no loop
  bool outside = false;
  for (int64_t i = 0, n = x.numel(); i < n; ++i) outside |= is_outside(values[i]);
  return outside;
}

bool squares_left_range(const Tensor& y) {
  return decide_on_host(kernels_of(y), "norm", [y] {
    return y.dtype() == kFloat32 ? any_outside(y, 0x1p-51f) : any_outside(y, 0x1p-485);
  });
}

bool overflowed(const Tensor& y) {
  if (!y.device().is_cpu()) return false;
  return y.dtype() == kFloat32 ? any_outside(y, 0.0f) : any_outside(y, 0.0);
}

bool may_leave_range(const Tensor& x) {
  if (!x.device().is_cpu()) return true;
  return decide_on_host(kernels_of(x), "norm", [x] {
    return x.dtype() == kFloat32 ? any_outside(x, 0x1p-126f) : any_outside(x, 0x1p-1022);
  });
}

// y = ln Σ e^xᵢ = m + ln Σ e^(xᵢ - m), with m = max xᵢ so that no power overflows; m is a constant for the derivative.
// The sum is r + c: r over the xᵢ < m, and c terms are 1. ln (r + c) = log1p(r + (c - 1)) keeps the digits of r if c = 1.
// If there are no xᵢ, or all are -∞, the sum is 0: y = -∞, and the derivative is taken as 0.
Tensor logsumexp(const Tensor& input, IntArrayRef over, bool keepdim) {
  const Tensor x = as_floating_point(input);
  const Dims dims("logsumexp", x, over);
  if (x.numel() == 0)
    return sum(x, over, keepdim) - INFINITY;  // its derivatives are finite, unlike those of ln 0
  const Tensor largest = amax(x, over, /*keepdim=*/true).detach();
  const Tensor m = where(isfinite(largest), largest, 0);
  const Tensor d = x - m, is_one = eq(d, 0), ones = sum(is_one, over, /*keepdim=*/true).to(x.dtype());
  // expm1 is 0 at 0, and has the slope of exp there.
  const Tensor r = sum(where(is_one, expm1(d), exp(d)), over, /*keepdim=*/true);
  const Tensor nothing = eq(largest, -INFINITY);
  const Tensor y = where(nothing, -INFINITY, log1p(where(nothing, 0, r + (ones - 1)))) + m;
  return keepdim ? y : y.reshape(reduced_shape(x, dims, false));
}

namespace {

/// x with dimension d in reverse order.
View reversed(View x, int d) {
  const int64_t last = std::max<int64_t>(x.sizes[d] - 1, 0);
  x.data = static_cast<char*>(x.data) + last * x.strides[d] * item_size(x.dtype);
  x.strides[d] = -x.strides[d];
  return x;
}

/// yᵢ = Σⱼ≤ᵢ xⱼ     x̄ⱼ = Σᵢ≥ⱼ ȳᵢ: the same sum, from the other end
Tensor running_sum(const Tensor& x, int d, bool from_last) {
  if (x.dim() == 0) return clone(x);
  Tensor y = allocate_like(x.raw(), x.dtype(), x.device().type());
  if (from_last)
    kernels_of(x).cumsum(reversed(x.raw(), d), d, reversed(y.raw(), d));
  else
    kernels_of(x).cumsum(x.raw(), d, y.raw());
  return record("cumsum", y,
                wrt(x, [d, from_last](const Tensor& g) { return running_sum(g, d, !from_last); }));
}

}  // namespace

// yᵢ = x₁ + … + xᵢ      x̄ᵢ = ȳᵢ + … + ȳₙ
Tensor cumsum(const Tensor& input, int64_t dim, std::optional<Dtype> dtype) {
  const Dtype wanted = dtype.value_or(reducing_dtype(input.dtype()));
  const Tensor x = input.to(computing_dtype(wanted));
  return running_sum(x, wrap_dim(dim, static_cast<int>(x.dim())), false).to(wanted);
}

// y = Σ (x - mean)² / (n - 1). The mean is subtracted first: Σ x² - n·mean² loses all digits if the mean is large.
// If the squares leave the range, y is the square of the deviation, which leaves it only if y does.
Tensor var(const Tensor& x, bool unbiased) { return var(x, IntArrayRef(), unbiased); }

Tensor var(const Tensor& x, IntArrayRef over, bool unbiased, bool keepdim) {
  const Tensor squares = square(x - mean(x, over, /*keepdim=*/true));
  const Tensor y = sum(squares, over, keepdim) / degrees_of_freedom(x, Dims("var", x, over), unbiased);
  return overflowed(y) && all(isfinite(x)).item<bool>() ? square(std(x, over, unbiased, keepdim)) : y;
}

// ---- The largest and the smallest along one dimension -------------------------------------------

/// The values at `index`, by gather, whose rule gives the whole gradient to the chosen element.
static std::tuple<Tensor, Tensor> chosen(const char* op, const Tensor& x, const Tensor& index, int64_t dim,
                                         bool keepdim) {
  if (x.dim() == 0) return {x.clone(), index};
  return {gather_as(op, x, dim, index, keepdim), keepdim ? index : index.squeeze(dim)};
}
std::tuple<Tensor, Tensor> max(const Tensor& x, int64_t dim, bool keepdim) {
  return chosen("max", x, argmax(x, dim, true), dim, keepdim);
}
std::tuple<Tensor, Tensor> min(const Tensor& x, int64_t dim, bool keepdim) {
  return chosen("min", x, argmin(x, dim, true), dim, keepdim);
}

}  // namespace gradus
