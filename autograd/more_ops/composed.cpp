// Functions that are compositions of other ops, and so are their derivatives: see functions.h.
#include <algorithm>
#include <cfloat>

#include "autograd/more_ops/functions.h"
#include "autograd/ops/pointwise.h"

namespace gradus {

// ---- Element by element -------------------------------------------------------------------------

// y = a ≠ 0 and b ≠ 0
Tensor logical_and(const Tensor& a, const Tensor& b) { return ne(a, 0) & ne(b, 0); }
// y = a ≠ 0 or b ≠ 0
Tensor logical_or(const Tensor& a, const Tensor& b) { return ne(a, 0) | ne(b, 0); }
// y = (a ≠ 0) ≠ (b ≠ 0)
Tensor logical_xor(const Tensor& a, const Tensor& b) { return ne(ne(a, 0), ne(b, 0)); }

// y = x, with nan, posinf and neginf in the place of NaN, ∞ and -∞      x̄ = ȳ, and 0 in these places
Tensor nan_to_num(const Tensor& x, std::optional<double> nan, std::optional<double> posinf,
                  std::optional<double> neginf) {
  if (!x.is_floating_point()) return x.clone();
  const double largest = x.dtype() == kFloat32 ? FLT_MAX : DBL_MAX;
  const Tensor upper = where(eq(x, INFINITY), posinf.value_or(largest), x);
  const Tensor both = where(eq(x, -INFINITY), neginf.value_or(-largest), upper);
  return where(isnan(x), nan.value_or(0), both);
}

// y = x + v a b
Tensor addcmul(const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& value) {
  return add(x, a * b, value);
}
// y = x + v a / b
Tensor addcdiv(const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& value) {
  return add(x, a / b, value);
}

// Y = β C + α A B, of every matrix in a batch
Tensor baddbmm(const Tensor& C, const Tensor& A, const Tensor& B, const Scalar& beta, const Scalar& alpha) {
  const Tensor product = bmm(A, B);
  const Tensor scaled = alpha.toDouble() == 1 ? product : product * alpha;
  return beta.toDouble() == 0 ? scaled : add(scaled, C.expand(product.sizes()), beta);
}

// ---- Reductions ---------------------------------------------------------------------------------

// (var(x), mean(x))
std::tuple<Tensor, Tensor> var_mean(const Tensor& x, bool unbiased) { return {var(x, unbiased), mean(x)}; }
std::tuple<Tensor, Tensor> var_mean(const Tensor& x, IntArrayRef dims, bool unbiased, bool keepdim) {
  return {var(x, dims, unbiased, keepdim), mean(x, dims, keepdim)};
}
// (std(x), mean(x))
std::tuple<Tensor, Tensor> std_mean(const Tensor& x, bool unbiased) { return {std(x, unbiased), mean(x)}; }
std::tuple<Tensor, Tensor> std_mean(const Tensor& x, IntArrayRef dims, bool unbiased, bool keepdim) {
  return {std(x, dims, unbiased, keepdim), mean(x, dims, keepdim)};
}

// y = the element in the middle, in order      elements that equal it share the gradient, as in max(x)
Tensor median(const Tensor& x) {
  if (x.numel() == 0 && x.is_floating_point()) return sum(x) + NAN;
  const Tensor y = std::get<0>(median(x.detach().reshape({-1}), 0));
  return record("median", y, wrt(x, saved(x, y), [](const Tensor& g, const Tensor& x, const Tensor& y) {
                  const Tensor is_median = eq(x, y) | (isnan(x) & isnan(y));
                  return constant_in(x, where(is_median, g / sum(is_median, x.dtype()), 0));
                }));
}

// y = the element in the middle of each line      x̄ = ȳ at its place, else 0
std::tuple<Tensor, Tensor> median(const Tensor& x, int64_t dim, bool keepdim) {
  const int64_t size = x.dim() ? x.size(dim) : 1;
  check(size > 0, "median: a tensor of shape ", text(x.sizes()), " has no elements along dimension ", dim);
  const auto [sorted, places] = sort(x.dim() ? x : x.reshape({1}), dim);
  const int d = wrap_dim(dim, static_cast<int>(sorted.dim()));
  const Tensor place_in_middle = places.narrow(d, (size - 1) / 2, 1);
  // NaN comes last in order, and wins.
  const Tensor is_nan = isnan(sorted.detach().narrow(d, size - 1, 1));
  const Tensor place = where(is_nan, places.narrow(d, size - 1, 1), place_in_middle);
  const Tensor y = gather(x.dim() ? x : x.reshape({1}), d, place);
  if (x.dim() == 0) return {y.reshape({}), place.reshape({})};
  return keepdim ? std::tuple(y, place) : std::tuple(squeeze(y, d), squeeze(place, d));
}

// yᵢ = x₀ x₁ … xᵢ. After the step s = 1, 2, 4, … each yᵢ is the product of the last 2s elements, so that log₂ n steps
// are enough. A quotient of products would fail at 0.  Source: Hillis & Steele, "Data parallel algorithms" (1986).
Tensor cumprod(const Tensor& x, int64_t dim) {
  Tensor y = (x.is_floating_point() ? x : x.to(kInt64)).clone();
  if (x.dim() == 0) return y;
  for (int64_t s = 1, n = x.size(dim); s < n; s *= 2)
    y = cat({narrow(y, dim, 0, s), narrow(y, dim, s, n - s) * narrow(y, dim, 0, n - s)}, dim);
  return y;
}

// ---- The same elements in other places ----------------------------------------------------------

/// 0, 1, …, n - 1 on x's device.
static Tensor count_along(const Tensor& x, int64_t dim) {
  return arange(x.size(dim), TensorOptions(kInt64).device(x.device()));
}

// y[…, i, …] = x[…, n - 1 - i, …]      x̄ = ȳ, flipped back
Tensor flip(const Tensor& x, IntArrayRef dims) {
  Tensor y = x.clone();
  unsigned seen = 0;
  for (const int64_t dim : dims) {
    const int d = wrap_dim(dim, static_cast<int>(x.dim()));
    check(!(seen >> d & 1), "flip: dimension ", dim, " is given twice");
    seen |= 1u << d;
    if (x.dim()) y = index_select(y, d, (x.size(d) - 1) - count_along(x, d));
  }
  return y;
}

// y[…, (i + s) mod n, …] = x[…, i, …]      x̄ = ȳ, moved back
Tensor roll(const Tensor& x, IntArrayRef shifts, IntArrayRef dims) {
  if (dims.size() == 0) {
    check(shifts.size() == 1, "roll: without dims one shift is needed, not ", shifts.size());
    return x.dim() ? roll(x.reshape({-1}), shifts, {0}).reshape(x.sizes()) : x.clone();
  }
  check(shifts.size() == dims.size(), "roll: ", shifts.size(), " shifts are given for ", dims.size(),
        " dimensions");
  Tensor y = x.clone();
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t n = x.size(dims[i]);
    if (n == 0) continue;
    const int64_t s = (shifts[i] % n + n) % n;
    y = cat({narrow(y, dims[i], n - s, s), narrow(y, dims[i], 0, n - s)}, dims[i]);
  }
  return y;
}

// y[…, i + k n, …] = x[…, i, …]        x̄ = the sum of ȳ over all copies
Tensor tile(const Tensor& x, IntArrayRef times) {
  const size_t dims = std::max(static_cast<size_t>(x.dim()), times.size());
  std::vector<int64_t> sizes(dims - static_cast<size_t>(x.dim()), 1);
  for (const int64_t size : x.sizes()) sizes.push_back(size);
  Tensor y = x.clone().reshape(sizes);
  for (size_t i = 0; i < times.size(); ++i) {
    const size_t d = dims - times.size() + i;
    const int64_t copies = times[i];
    check(copies >= 0 && (sizes[d] == 0 || copies <= INT64_MAX / sizes[d]), "tile: a dimension of size ",
          sizes[d], " cannot be repeated ", copies, " times");
    // (before, n · after) → (before, copies, n · after) → (before, copies · n, after)
    int64_t before = 1, rest = 1;
    for (size_t k = 0; k < dims; ++k) (k < d ? before : rest) *= sizes[k];
    sizes[d] *= copies;
    y = y.reshape({before, 1, rest}).expand({before, copies, rest}).reshape(sizes);
  }
  return y;
}

// y₁ ∥ y₂ ∥ … = x, in parts of these sizes
std::vector<Tensor> split_with_sizes(const Tensor& x, IntArrayRef sizes, int64_t dim) {
  const int64_t size = x.size(dim);
  int64_t left = size;
  bool fit = true;
  for (const int64_t part : sizes) {
    fit = fit && 0 <= part && part <= left;
    if (fit) left -= part;
  }
  check(fit && left == 0, "split: parts of the sizes ", text(sizes), " do not add up to the size ", size,
        " of dimension ", dim);
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (const int64_t part : sizes) {
    parts.push_back(narrow(x, dim, start, part));
    start += part;
  }
  return parts;
}
std::vector<Tensor> split(const Tensor& x, IntArrayRef sizes, int64_t dim) {
  return split_with_sizes(x, sizes, dim);
}

// y = x₁ ∥ x₂ ∥ …, side by side
Tensor hstack(TensorList tensors) {
  check(tensors.size() > 0, "hstack: there are no tensors");
  std::vector<Tensor> list;
  for (const Tensor& x : tensors) list.push_back(x.dim() ? x : x.reshape({1}));
  return cat(list, list[0].dim() == 1 ? 0 : 1);
}
// y = x₁ ∥ x₂ ∥ …, one below the other
Tensor vstack(TensorList tensors) {
  check(tensors.size() > 0, "vstack: there are no tensors");
  std::vector<Tensor> list;
  for (const Tensor& x : tensors) list.push_back(x.dim() < 2 ? x.reshape({1, x.numel()}) : x);
  return cat(list, 0);
}

}  // namespace gradus
