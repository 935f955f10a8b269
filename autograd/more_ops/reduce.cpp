// More reductions: products, norms of any order, logsumexp, cumulative sums, and the maximum and minimum along one
// dimension with their indices.
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

// y = (Σ |xᵢ|ᵖ)^(1/p) = s (Σ |xᵢ / s|ᵖ)^(1/p), with s = max |xᵢ| so that no power overflows
Tensor norm_of_order(double p, const Tensor& x, IntArrayRef over, bool keepdim) {
  const Tensor largest = amax(abs(x), over, /*keepdim=*/true).detach();
  const Tensor is_zero = eq(largest, 0), scale = where(is_zero, 1, largest);
  const Tensor total = sum(pow(abs(x / scale), p), over, /*keepdim=*/true);
  const Tensor y = scale * where(is_zero, 0, pow(where(is_zero, 1, total), 1 / p));
  return keepdim ? y : y.reshape(reduced_shape(x, Dims("norm", x, over), false));
}

// y = ln Σ e^xᵢ = m + ln Σ e^(xᵢ - m), with m = max xᵢ so that no power overflows; m is a constant for the derivative
Tensor logsumexp(const Tensor& input, IntArrayRef dims, bool keepdim) {
  const Tensor x = as_floating_point(input);
  const Tensor largest = amax(x, dims, /*keepdim=*/true).detach();
  const Tensor m = where(isfinite(largest), largest, 0);
  const Tensor y = log(sum(exp(x - m), dims, /*keepdim=*/true)) + m;
  return keepdim ? y : y.reshape(reduced_shape(x, Dims("logsumexp", x, dims), false));
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
