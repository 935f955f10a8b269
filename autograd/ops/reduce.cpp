// Reductions: over all elements, or over some dimensions. With keepdim these stay in place, with size 1.
#include <cmath>

#include "autograd/ops/reduce.h"

namespace gradus {
// ---- The kernel ---------------------------------------------------------------------------------

Dims::Dims(const char* op, const Tensor& x, IntArrayRef dims) {
  if (dims.empty()) bits = (1u << x.dim()) - 1;
  for (int64_t d : dims) {
    const unsigned bit = 1u << wrap_dim(d, static_cast<int>(x.dim()));
    check(!(bits & bit), op, ": dimension ", d, " is given twice");
    bits |= bit;
  }
}

Shape reduced_shape(const Tensor& x, Dims dims, bool keepdim) {
  Shape shape;
  for (int d = 0; d < x.dim(); ++d)
    if (!dims.contains(d))
      shape.push_back(x.raw().sizes[d]);
    else if (keepdim)
      shape.push_back(1);
  return shape;
}

/// `y`, a reduction of x, in the shape that kernels expect: reduced dimensions are in place, with size 1.
static View with_reduced_dims(const Tensor& x, Dims dims, const Tensor& y) {
  View out = y.raw();
  out.dim = x.raw().dim;
  for (int d = 0; d < out.dim; ++d) out.sizes[d] = dims.contains(d) ? 1 : x.raw().sizes[d];
  out.set_contiguous_strides();
  return out;
}

Tensor reduce(Reduction f, const Tensor& x, Dims dims, bool keepdim) {
  const Dtype dtype = f.is_predicate ? kBool : reducing_dtype(x.dtype());
  if (dtype != x.dtype()) [[unlikely]]
    return reduce(f, x.to(dtype), dims, keepdim).to(x.dtype());
  Tensor y = allocate(reduced_shape(x, dims, keepdim), dtype, x.device().type());
  kernels_of(x).reduce(f, x.raw(), with_reduced_dims(x, dims, y));
  return y;
}

Tensor restore_dims(const Tensor& y, Dims dims, int dim) {
  if (y.dim() == dim || y.dim() == 0) return y;  // a number broadcasts to any shape
  Shape shape;
  for (int d = 0, next = 0; d < dim; ++d) shape.push_back(dims.contains(d) ? 1 : y.size(next++));
  return y.reshape(shape);
}

/// How many elements are reduced to one.
static int64_t reduced_count(const Tensor& x, Dims dims) {
  int64_t count = 1;
  for (int d = 0; d < x.dim(); ++d)
    if (dims.contains(d)) count *= x.raw().sizes[d];
  return count;
}

// ---- Sums ---------------------------------------------------------------------------------------

// y = Σ xᵢ        x̄ᵢ = ȳ
Tensor sum(const Tensor& x, std::optional<Dtype> dtype) { return sum(x, IntArrayRef(), false, dtype); }

Tensor sum(const Tensor& input, IntArrayRef over, bool keepdim, std::optional<Dtype> dtype) {
  const Tensor x = summable(input, dtype);
  const Dims dims("sum", x, over);
  return record("sum", reduce(formulas::Sum{}, x, dims, keepdim),
                wrt(x, [dims, shape = Shape(x.raw())](const Tensor& g) {
                  return restore_dims(g, dims, shape.dim()).expand(shape);
                }));
}

// y = Σ xᵢ / n    x̄ᵢ = ȳ / n        Σ (xᵢ / n) if the sum leaves the range
Tensor mean(const Tensor& x, std::optional<Dtype> dtype) { return mean(x, IntArrayRef(), false, dtype); }

Tensor mean(const Tensor& input, IntArrayRef over, bool keepdim, std::optional<Dtype> dtype) {
  const Tensor x = input.to(dtype.value_or(input.dtype()));
  check(x.is_floating_point(), "mean: the input must be floating point, not ", x.dtype(),
        "; convert it with .to()");
  const Dims dims("mean", x, over);
  const double n = static_cast<double>(reduced_count(x, dims));
  Tensor y = reduce(formulas::Sum{}, x, dims, keepdim);
  kernels_of(y).binary_scalar(formulas::Div{}, y.raw(), n, false, y.raw());
  if (n > 0 && overflowed(y)) [[unlikely]]
    y = reduce(formulas::Sum{}, pointwise(formulas::Div{}, x, n), dims, keepdim);
  return record("mean", y, wrt(x, [dims, n, shape = Shape(x.raw())](const Tensor& g) {
                  return restore_dims(g / n, dims, shape.dim()).expand(shape);
                }));
}

// y = Σ x over the dimensions in which `sizes` broadcasts to x        x̄ = ȳ, expanded
Tensor sum_to_size(const Tensor& x, IntArrayRef sizes) {
  check(is_expandable_to(sizes, x.sizes()), "sum_to_size: ", text(x.sizes()), " cannot be summed to ",
        text(sizes));
  const int added = static_cast<int>(x.dim() - sizes.size());
  Shape stretched;
  for (int d = 0; d < x.dim(); ++d)
    if (d < added || (sizes[d - added] == 1 && x.size(d) != 1)) stretched.push_back(d);
  if (stretched.dim() == 0) return x;
  const Tensor y = sum(x, stretched, /*keepdim=*/true);
  return added == 0 ? y : y.reshape(sizes);
}

double degrees_of_freedom(const Tensor& x, Dims dims, bool unbiased) {
  return std::max(static_cast<double>(reduced_count(x, dims)) - (unbiased ? 1 : 0), 0.0);
}

// y = ‖x - mean‖ / √(n - 1), which cannot overflow as the variance can; if all x are equal, it has the norm's kink
Tensor std(const Tensor& x, bool unbiased) { return std(x, IntArrayRef(), unbiased); }
Tensor std(const Tensor& x, IntArrayRef over, bool unbiased, bool keepdim) {
  const double n = degrees_of_freedom(x, Dims("std", x, over), unbiased);
  return norm(x - mean(x, over, /*keepdim=*/true), 2, over, keepdim) / std::sqrt(n);
}

// y = Σ xᵢ²      x̄ = 2 ȳ x
Tensor sum_of_squares(const Tensor& x) {
  if (!x.is_floating_point()) return sum(square(x.to(kInt64)));
  return record("sum_of_squares", reduce(formulas::SumOfSquares{}, x, Dims("sum_of_squares", x, {}), false),
                wrt(x, saved(x), slope<formulas::Square>));
}

// y = √Σ xᵢ²      x̄ = x / y · ȳ, and 0 where y = 0: the norm has a kink there, and 0 is one of its slopes
static Tensor euclidean_norm(const Tensor& x, IntArrayRef over, bool keepdim) {
  const Dims dims("norm", x, over);
  Tensor y = reduce(formulas::SumOfSquares{}, x, dims, keepdim);
  kernels_of(y).unary(formulas::Sqrt{}, y.raw(), y.raw());
  if (squares_left_range(y)) [[unlikely]]
    y = norm_of_order(2, x.detach(), over, keepdim);
  return record("linalg_vector_norm", y,
                wrt(x, saved(x, y), [dims](const Tensor& g, const Tensor& x, const Tensor& y) {
                  const int dim = static_cast<int>(x.dim());
                  const Tensor slope = g / y;
                  if (!may_leave_range(slope)) return x * restore_dims(slope, dims, dim);
                  return slope_a<formulas::Norm>(x, restore_dims(y, dims, dim), restore_dims(g, dims, dim));
                }));
}

// y = (Σ |xᵢ|ᵖ)^(1/p); for p = ±∞ the largest and the smallest |xᵢ|, for p = 0 the number of xᵢ that are not 0
Tensor norm(const Tensor& x, const Scalar& order) { return norm(x, order, IntArrayRef()); }

Tensor norm(const Tensor& input, const Scalar& order, IntArrayRef over, bool keepdim) {
  const double p = order.toDouble();
  const Tensor x = as_floating_point(input);
  return p == 2 ? euclidean_norm(x, over, keepdim) : norm_of_order(p, x, over, keepdim);
}

// ---- The largest and the smallest ---------------------------------------------------------------

// y = max xᵢ      x̄ᵢ = ȳ / c where xᵢ = y, else 0, if c elements are equal to y. NaNs are equal to each other here.
Tensor extreme(const char* op, Reduction max_or_min, const Tensor& x, IntArrayRef over, bool keepdim) {
  const Dims dims(op, x, over);
  const Tensor y = reduce(max_or_min, x, dims, keepdim);
  check(x.numel() > 0 || y.numel() == 0, op, ": no elements to reduce: the shape ", text(x.sizes()),
        " has a reduced dimension of size 0");
  return record(op, y, wrt(x, saved(x, y), [dims](const Tensor& g, const Tensor& x, const Tensor& y) {
                  const int dim = static_cast<int>(x.dim());
                  Shape over_dims;
                  for (int d = 0; d < dim; ++d)
                    if (dims.contains(d)) over_dims.push_back(d);
                  const Tensor wins = eq(x, restore_dims(y, dims, dim)) | isnan(x);  // y is NaN if any x is
                  // where, not a product: 0 · ȳ would be NaN for an infinite ȳ.
                  return constant_in(
                      x, where(wins, restore_dims(g, dims, dim) / sum(wins, over_dims, true, x.dtype()), 0));
                }));
}

// y = max xᵢ       equal maxima share the gradient
Tensor max(const Tensor& x) { return extreme("max", formulas::Max{}, x, {}, false); }
// y = min xᵢ       equal minima share the gradient
Tensor min(const Tensor& x) { return extreme("min", formulas::Min{}, x, {}, false); }

static Tensor position(const char* op, void (*Kernels::*kernel)(const View&, int, const View&),
                       const Tensor& input, int64_t dim, bool keepdim) {
  const Tensor x = input.detach().to(reducing_dtype(input.dtype()));
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  if (x.dim() == 0) return zeros({}, TensorOptions(kInt64).device(x.device()));
  check(x.size(d) > 0, op, ": dimension ", dim, " of ", text(x.sizes()), " is empty");
  const Dims dims(op, x, d);
  Tensor y = allocate(reduced_shape(x, dims, keepdim), kInt64, x.device().type());
  (kernels_of(x).*kernel)(x.raw(), d, with_reduced_dims(x, dims, y));
  return y;
}
Tensor argmax(const Tensor& x) { return argmax(x.detach().flatten(), 0); }
Tensor argmin(const Tensor& x) { return argmin(x.detach().flatten(), 0); }
Tensor argmax(const Tensor& x, int64_t dim, bool keepdim) {
  return position("argmax", &Kernels::argmax, x, dim, keepdim);
}
Tensor argmin(const Tensor& x, int64_t dim, bool keepdim) {
  return position("argmin", &Kernels::argmin, x, dim, keepdim);
}

// As in PyTorch, uint8 gives uint8: PyTorch had no bool at first.
static Tensor logical(Reduction f, const Tensor& x, IntArrayRef over, bool keepdim) {
  const Tensor y = reduce(f, x.to(kBool), Dims(f.name, x, over), keepdim);
  return x.dtype() == kUInt8 ? y.to(kUInt8) : y;
}
Tensor all(const Tensor& x) { return logical(formulas::All{}, x, {}, false); }
Tensor any(const Tensor& x) { return logical(formulas::Any{}, x, {}, false); }
Tensor all(const Tensor& x, int64_t dim, bool keepdim) { return logical(formulas::All{}, x, dim, keepdim); }
Tensor any(const Tensor& x, int64_t dim, bool keepdim) { return logical(formulas::Any{}, x, dim, keepdim); }

}  // namespace gradus
