// Functions of two tensors, or of a tensor and a number. Rules mention neither broadcasting nor promotion: the engine
// sums a gradient to its input's shape and casts it to its input's dtype.
#include "autograd/ops/pointwise.h"

namespace gradus {

// ---- Promotion and broadcasting -----------------------------------------------------------------

static bool is_number_on_cpu(const Tensor& x) { return x.dim() == 0 && x.device().is_cpu(); }

// The general case of pointwise(f, a, b).
static Tensor broadcast_pointwise(Binary f, const Tensor& a, const Tensor& b) {
  const NoGradGuard no_grad;
  const Tensor& array = is_number_on_cpu(a) ? b : a;
  const DeviceType device = array.impl().storage->device;
  // Whole numbers are compared with real ones by value: float32 would round them.
  const bool by_value = f.is_predicate && is_floating_point(a.dtype()) != is_floating_point(b.dtype());
  const Dtype dtype = by_value ? kFloat64 : result_type(a, b), computing = computing_dtype(dtype);
  const Tensor x = on_device_of(f.name, array, a).to(computing);
  const Tensor y = on_device_of(f.name, array, b).to(computing);
  const Shape shape = broadcast_shapes(f.name, x.sizes(), y.sizes());
  Tensor out = allocate(shape, f.is_predicate ? kBool : computing, device);
  kernels_for(device).binary(f, expand_view(f.name, x.raw(), shape), expand_view(f.name, y.raw(), shape),
                             out.raw());
  return f.is_predicate ? out : out.to(dtype);
}

Tensor on_device_of(const char* op, const Tensor& a, const Tensor& b) {
  if (a.device() == b.device()) return b;  // device(), unlike impl(), reports an undefined tensor
  check(is_number_on_cpu(b), op,
        ": Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! "
        "Move one with .to(device)");
  return b.to(a.device());
}

Dtype result_type(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return a.dtype();
  if ((a.dim() == 0) == (b.dim() == 0)) return promote_types(a.dtype(), b.dtype());
  const Tensor& array = a.dim() > 0 ? a : b;
  const Tensor& number = a.dim() > 0 ? b : a;
  return kind_of(number.dtype()) > kind_of(array.dtype()) ? number.dtype() : array.dtype();
}

Dtype result_type(const Tensor& a, const Scalar& b) {
  if (kind_of(b.dtype()) <= kind_of(a.dtype())) return a.dtype();
  return b.isFloatingPoint() ? get_default_dtype() : b.dtype();
}

Tensor scalar_like(const Tensor& x, const Scalar& number) {
  return scalar_tensor(number, TensorOptions(result_type(x, number)).device(x.device()));
}

Tensor pointwise(Binary f, const Tensor& a, const Tensor& b) {
  const View &x = a.raw(), &y = b.raw();
  const DeviceType device = a.impl().storage->device;
  if (x.dtype != y.dtype || is_small_integer(x.dtype) || !x.same_sizes(y) ||
      b.impl().storage->device != device) [[unlikely]]
    return broadcast_pointwise(f, a, b);
  Tensor out = allocate_like(x, f.is_predicate ? kBool : x.dtype, device);
  kernels_for(device).binary(f, x, y, out.raw());
  return out;
}

static Tensor pointwise_with_number(Binary f, const Tensor& x, const Scalar& number, bool number_first) {
  const Dtype dtype = result_type(x, number);
  if (dtype != x.dtype()) [[unlikely]] {
    if (!f.is_predicate || !number.isFloatingPoint())
      return pointwise_with_number(f, x.to(dtype).detach(), number, number_first);
    // Whole numbers are compared with a real one by value. float32 would round them from 2^24 on.
    if (number.fits<int64_t>() && number.toDouble() == static_cast<double>(number.toLong()))
      return pointwise_with_number(f, x, number.toLong(), number_first);
    return pointwise_with_number(f, x.to(kFloat64), number, number_first);
  }
  if (is_small_integer(dtype)) [[unlikely]] {
    const Tensor y = pointwise_with_number(f, x.to(kInt64), number, number_first);
    return f.is_predicate ? y : y.to(dtype);
  }
  const DeviceType device = x.impl().storage->device;
  Tensor out = allocate_like(x.raw(), f.is_predicate ? kBool : dtype, device);
  kernels_for(device).binary_scalar(f, x.raw(), number, number_first, out.raw());
  return out;
}
Tensor pointwise(Binary f, const Tensor& x, const Scalar& number) {
  return pointwise_with_number(f, x, number, /*number_first=*/false);
}
Tensor pointwise(Binary f, const Scalar& number, const Tensor& x) {
  return pointwise_with_number(f, x, number, /*number_first=*/true);
}

Tensor pointwise(Ternary f, const Tensor& g, const Tensor& p, const Tensor& q) {
  const View& out_like = g.raw();
  const DeviceType device = g.impl().storage->device;
  Tensor out = allocate_like(out_like, out_like.dtype, device);
  const auto alike = [&](const Tensor& x) {
    return x.raw().dtype == out_like.dtype && x.raw().same_sizes(out_like) &&
           x.impl().storage->device == device;
  };
  if (alike(p) && alike(q)) {
    kernels_for(device).ternary(f, out_like, p.raw(), q.raw(), out.raw());
    return out;
  }
  const NoGradGuard no_grad;
  const Tensor x = on_device_of(f.name, g, p).to(out_like.dtype),
               y = on_device_of(f.name, g, q).to(out_like.dtype);
  kernels_for(device).ternary(f, out_like, expand_view(f.name, x.raw(), out_like.shape()),
                              expand_view(f.name, y.raw(), out_like.shape()), out.raw());
  return out;
}

// ---- Sums and differences -----------------------------------------------------------------------

// y = a + α b     ā = ȳ        b̄ = α ȳ
Tensor add(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  if (alpha.toDouble() != 1) return add(a, b * alpha);
  if (a.dtype() == kBool && b.dtype() == kBool) return a | b;
  return record("add", pointwise(formulas::Add{}, a, b), wrt(a, unchanged), wrt(b, unchanged));
}
Tensor add(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  if (alpha.toDouble() != 1) return add(a, product(b, alpha));
  if (a.dtype() == kBool && b.isBoolean()) return a | scalar_tensor(b, a.options());
  return record("add", pointwise(formulas::Add{}, a, b), wrt(a, unchanged));
}

static void check_not_bool(Dtype a, Dtype b) {
  check(a != kBool && b != kBool,
        "Subtraction, the `-` operator, with a bool tensor is not supported. "
        "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.");
}

// y = a - α b     ā = ȳ        b̄ = -α ȳ
Tensor sub(const Tensor& a, const Tensor& b, const Scalar& alpha) {
  if (alpha.toDouble() != 1) return sub(a, b * alpha);
  check_not_bool(a.dtype(), b.dtype());
  return record("sub", pointwise(formulas::Sub{}, a, b), wrt(a, unchanged),
                wrt(b, [](const Tensor& g) { return -g; }));
}
Tensor sub(const Tensor& a, const Scalar& b, const Scalar& alpha) {
  if (alpha.toDouble() != 1) return sub(a, product(b, alpha));
  check_not_bool(a.dtype(), b.dtype());
  return record("sub", pointwise(formulas::Sub{}, a, b), wrt(a, unchanged));
}

// y = s - x       x̄ = -ȳ
Tensor operator-(const Scalar& s, const Tensor& x) {
  check_not_bool(s.dtype(), x.dtype());
  return record("rsub", pointwise(formulas::Sub{}, s, x), wrt(x, [](const Tensor& g) { return -g; }));
}

// ---- Products and quotients ---------------------------------------------------------------------

// y = a b         ā = ȳ b      b̄ = ȳ a
Tensor mul(const Tensor& a, const Tensor& b) {
  if (a.dtype() == kBool && b.dtype() == kBool) return a & b;
  return record("mul", pointwise(formulas::Mul{}, a, b),
                wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return g * b; }),
                wrt(b, saved(a), [](const Tensor& g, const Tensor& a) { return g * a; }));
}
Tensor mul(const Tensor& a, const Scalar& b) {
  if (a.dtype() == kBool && b.isBoolean()) return a & scalar_tensor(b, a.options());
  return record("mul", pointwise(formulas::Mul{}, a, b), wrt(a, [b](const Tensor& g) { return g * b; }));
}

// y = a / b       ā = ȳ / b    b̄ = -ȳ y / b
Tensor div(const Tensor& numerator, const Tensor& denominator) {
  const bool real = numerator.is_floating_point() || denominator.is_floating_point();
  const Tensor& a = numerator;
  const Tensor b = real ? denominator : as_floating_point(denominator);
  const Tensor y = pointwise(formulas::Div{}, real ? a : as_floating_point(a), b);
  return record("div", y, wrt(a, saved(b), [](const Tensor& g, const Tensor& b) { return g / b; }),
                wrt(b, saved(b, y), slope_b<formulas::Div>));
}
Tensor div(const Tensor& a, const Scalar& b) {
  return record("div", pointwise(formulas::Div{}, as_floating_point(a), b),
                wrt(a, [b](const Tensor& g) { return g / b; }));
}

// y = s / x       x̄ = -ȳ y / x
Tensor operator/(const Scalar& s, const Tensor& input) {
  const Tensor x = as_floating_point(input), y = pointwise(formulas::Div{}, s, x);
  return record("div", y, wrt(x, saved(x, y), slope_b<formulas::Div>));
}

// ---- Powers -------------------------------------------------------------------------------------

/// xⁿ. The kernel of Pow computes logarithms, and one by one for negative x. Where a product or a quotient does, it takes
/// a hundredth of the time.
static Tensor power(const Tensor& x, const Scalar& exponent) {
  const double n = exponent.toDouble();
  if (n == 0) return ones_like(x);
  if (n == 1) return pointwise(formulas::Mul{}, x, 1);
  if (n == 3) return pointwise(formulas::Mul{}, pointwise(formulas::Square{}, x), x);
  if (n == -1) return pointwise(formulas::Div{}, 1, x);
  return pointwise(formulas::Pow{}, x, exponent);
}

// y = xⁿ          x̄ = ȳ n xⁿ⁻¹, 0 for n = 0. While backward is recorded, a known n is cheaper than a tensor n.
Tensor pow(const Tensor& base, const Scalar& exponent) {
  const double n = exponent.toDouble();
  const Tensor x = base.to(result_type(base, exponent));
  check(n >= 0 || x.is_floating_point(), "Integers to negative integer powers are not allowed.");
  if (n == 2) return unary<formulas::Square>(x, "pow");
  if (n == 0.5) return unary<formulas::Sqrt>(x, "pow");
  return record("pow", power(x, exponent), wrt(x, saved(x), [n](const Tensor& g, const Tensor& x) {
                  if (n == 0) return constant_in(x, zeros_like(g));
                  return GradMode::is_enabled() || n == 1 || n == 3
                             ? g * (pow(x, n - 1) * n)
                             : slope_a<formulas::Pow>(g, x, scalar_like(x, n));
                }));
}

// ---- Choosing -----------------------------------------------------------------------------------

// y = c ? a : b   ā = c ? ȳ : 0        b̄ = c ? 0 : ȳ
Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b) {
  const Tensor condition = as_mask("where", mask);
  const Dtype dtype = result_type(a, b), computing = computing_dtype(dtype);
  const Tensor x = on_device_of("where", condition, a).to(computing);
  const Tensor y = on_device_of("where", condition, b).to(computing);
  const Shape shape =
      broadcast_shapes("where", condition.sizes(), broadcast_shapes("where", x.sizes(), y.sizes()));
  Tensor out = allocate(shape, computing, condition.device().type());
  kernels_of(out).where(expand_view("where", condition.raw(), shape), expand_view("where", x.raw(), shape),
                        expand_view("where", y.raw(), shape), out.raw());
  return record("where", out.to(dtype),
                wrt(x, saved(condition), [](const Tensor& g, const Tensor& c) { return where(c, g, 0); }),
                wrt(y, saved(condition), [](const Tensor& g, const Tensor& c) { return where(c, 0, g); }));
}
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b) {
  return where(condition, a, scalar_like(a, b));
}
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b) {
  return where(condition, scalar_like(b, a), b);
}

// y = m ? v : x
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value) {
  return masked_fill(x, mask, scalar_tensor(value, x.options()));
}
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) {
  check(value.dim() == 0, "masked_fill only supports a 0-dimensional value tensor, but got tensor with ",
        value.dim(), " dimension(s).");
  broadcast_shapes("masked_fill", mask.sizes(), x.sizes());  // an Error names this op, not where
  if (!x.is_floating_point() && value.dtype() != x.dtype()) return masked_fill(x, mask, value.item());
  return where(mask, value.to(x.dtype()), x);
}

// ---- Comparisons and logic: no derivative -------------------------------------------------------

Tensor eq(const Tensor& a, const Tensor& b) { return pointwise(formulas::Eq{}, a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return pointwise(formulas::Ne{}, a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return pointwise(formulas::Lt{}, a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return pointwise(formulas::Le{}, a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return pointwise(formulas::Gt{}, a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return pointwise(formulas::Ge{}, a, b); }
Tensor eq(const Tensor& a, const Scalar& b) { return pointwise(formulas::Eq{}, a, b); }
Tensor ne(const Tensor& a, const Scalar& b) { return pointwise(formulas::Ne{}, a, b); }
Tensor lt(const Tensor& a, const Scalar& b) { return pointwise(formulas::Lt{}, a, b); }
Tensor le(const Tensor& a, const Scalar& b) { return pointwise(formulas::Le{}, a, b); }
Tensor gt(const Tensor& a, const Scalar& b) { return pointwise(formulas::Gt{}, a, b); }
Tensor ge(const Tensor& a, const Scalar& b) { return pointwise(formulas::Ge{}, a, b); }
Tensor operator&(const Tensor& a, const Tensor& b) { return pointwise(formulas::BitAnd{}, a, b); }
Tensor operator|(const Tensor& a, const Tensor& b) { return pointwise(formulas::BitOr{}, a, b); }
Tensor operator&(const Tensor& a, const Scalar& b) { return pointwise(formulas::BitAnd{}, a, b); }
Tensor operator|(const Tensor& a, const Scalar& b) { return pointwise(formulas::BitOr{}, a, b); }
Tensor operator~(const Tensor& x) {
  check(!x.is_floating_point(), "~: the tensor must be bool or an integer one, not ", x.dtype(),
        "; logical_not(x) takes any dtype");
  return x.dtype() == kBool ? logical_not(x) : -1 - x;
}

}  // namespace gradus
