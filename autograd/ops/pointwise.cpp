// Pointwise functions of one variable. With ȳ the gradient that arrives at y = f(x), the rule is x̄ = ȳ f'(x).
#include "autograd/ops/pointwise.h"

#include <numbers>

namespace gradus {

Tensor as_floating_point(const Tensor& x) { return x.is_floating_point() ? x : x.to(get_default_dtype()); }

Tensor pointwise(Unary f, const Tensor& x) {
  const View& raw = x.raw();
  if (is_small_integer(raw.dtype)) [[unlikely]] {
    const Tensor y = pointwise(f, x.to(kInt64));
    return y.dtype() == kBool ? y : y.to(raw.dtype);
  }
  const DeviceType device = x.impl().storage->device;
  Tensor y = allocate_like(raw, f >= Unary::isnan ? kBool : raw.dtype, device);
  kernels_for(device).unary(f, raw, y.raw());
  return y;
}

// y = -x          x̄ = -ȳ
Tensor neg(const Tensor& x) {
  return record("neg", pointwise(Unary::neg, x), wrt(x, [](const Tensor& g) { return neg(g); }));
}

// y = |x|         x̄ = ȳ sign x
Tensor abs(const Tensor& x) {
  return record("abs", pointwise(Unary::abs, x),
                wrt(x, [x = save(x)](const Tensor& g) { return g * sign(x); }));
}

// Steps: y is constant around almost every x, so x̄ = 0. Whole numbers are rounded, and bools are signs, as they are.
static Tensor step(const char* op, Unary f, const Tensor& x) {
  const bool unchanged = f == Unary::sign ? x.dtype() == kBool : is_integer(x.dtype());
  return record(op, unchanged ? x.clone() : pointwise(f, x),
                wrt(x, [](const Tensor& g) { return zeros_like(g); }));
}
// y = sign x      x̄ = 0
Tensor sign(const Tensor& x) { return step("sign", Unary::sign, x); }
// y = the whole number nearest to x, of two the even one      x̄ = 0
Tensor round(const Tensor& x) { return step("round", Unary::round, x); }
// y = ⌊x⌋         x̄ = 0
Tensor floor(const Tensor& x) { return step("floor", Unary::floor, x); }
// y = ⌈x⌉         x̄ = 0
Tensor ceil(const Tensor& x) { return step("ceil", Unary::ceil, x); }

// y = eˣ          x̄ = ȳ y            saves its own output: f' is f
Tensor exp(const Tensor& input) {
  const Tensor x = as_floating_point(input), y = pointwise(Unary::exp, x);
  return record("exp", y, wrt(x, [y = save_output(y)](const Tensor& g) { return g * y; }));
}

// y = ln x        x̄ = ȳ / x
Tensor log(const Tensor& input) {
  const Tensor x = as_floating_point(input);
  return record("log", pointwise(Unary::log, x), wrt(x, [x = save(x)](const Tensor& g) { return g / x; }));
}

// y = ln(1 + x)   x̄ = ȳ / (1 + x)
Tensor log1p(const Tensor& input) {
  const Tensor x = as_floating_point(input);
  return record("log1p", pointwise(Unary::log1p, x),
                wrt(x, [x = save(x)](const Tensor& g) { return g / (x + 1); }));
}

// y = eˣ - 1      x̄ = ȳ (y + 1)
Tensor expm1(const Tensor& input) {
  const Tensor x = as_floating_point(input), y = pointwise(Unary::expm1, x);
  return record("expm1", y, wrt(x, [y = save_output(y)](const Tensor& g) { return g * (y + 1); }));
}

// y = √x          x̄ = ȳ / (2 y)
Tensor sqrt(const Tensor& input) {
  const Tensor x = as_floating_point(input), y = pointwise(Unary::sqrt, x);
  return record("sqrt", y, wrt(x, [y = save_output(y)](const Tensor& g) { return g / (2 * y); }));
}

// y = 1/√x        x̄ = -½ ȳ y³
Tensor rsqrt(const Tensor& input) {
  const Tensor x = as_floating_point(input), y = pointwise(Unary::rsqrt, x);
  return record("rsqrt", y, wrt(x, [y = save_output(y)](const Tensor& g) { return -0.5 * g * pow(y, 3); }));
}

// y = 1/x         x̄ = -ȳ y²
Tensor reciprocal(const Tensor& input) {
  const Tensor x = as_floating_point(input), y = pointwise(Unary::reciprocal, x);
  return record("reciprocal", y, wrt(x, [y = save_output(y)](const Tensor& g) { return -g * square(y); }));
}

// y = sin x       x̄ = ȳ cos x
Tensor sin(const Tensor& input) {
  const Tensor x = as_floating_point(input);
  return record("sin", pointwise(Unary::sin, x),
                wrt(x, [x = save(x)](const Tensor& g) { return g * cos(x); }));
}

// y = cos x       x̄ = -ȳ sin x
Tensor cos(const Tensor& input) {
  const Tensor x = as_floating_point(input);
  return record("cos", pointwise(Unary::cos, x),
                wrt(x, [x = save(x)](const Tensor& g) { return -g * sin(x); }));
}

// y = erf x       x̄ = ȳ · 2/√π · exp(-x²)
Tensor erf(const Tensor& input) {
  const Tensor x = as_floating_point(input);
  return record("erf", pointwise(Unary::erf, x), wrt(x, [x = save(x)](const Tensor& g) {
                  return g * exp(-square(x)) * (2 * std::numbers::inv_sqrtpi);
                }));
}

// ---- Functions whose rule is a kernel of its own ------------------------------------------------
// ȳ f'(x) in one sweep instead of three. The gradient kernels are ops too, with rules of their own.

// d(g, x) = 2 g x          ḡ = 2 d̄ x          x̄ = 2 d̄ g
Tensor square_gradient(const Tensor& g, const Tensor& x) {
  return record("square_gradient", pointwise(Binary::square_gradient, g, x),
                wrt(g, [x = save(x)](const Tensor& d) { return square_gradient(d, x); }),
                wrt(x, [g = save(g)](const Tensor& d) { return square_gradient(d, g); }));
}

namespace {

// d(g, y) = g (1 - y²)     ḡ = d̄ (1 - y²)     ȳ = -2 d̄ g y
Tensor tanh_gradient(const Tensor& g, const Tensor& y) {
  return record("tanh_gradient", pointwise(Binary::tanh_gradient, g, y),
                wrt(g, [y = save(y)](const Tensor& d) { return tanh_gradient(d, y); }),
                wrt(y, [g = save(g), y = save(y)](const Tensor& d) { return -2 * d * g * y; }));
}

// d(g, y) = g y (1 - y)    ḡ = d̄ y (1 - y)    ȳ = d̄ g (1 - 2y)
Tensor sigmoid_gradient(const Tensor& g, const Tensor& y) {
  return record("sigmoid_gradient", pointwise(Binary::sigmoid_gradient, g, y),
                wrt(g, [y = save(y)](const Tensor& d) { return sigmoid_gradient(d, y); }),
                wrt(y, [g = save(g), y = save(y)](const Tensor& d) { return d * g * (1 - 2 * Tensor(y)); }));
}

// d(g, x) = g where x > 0  ḡ = d̄ where x > 0  x̄ = 0
Tensor relu_gradient(const Tensor& g, const Tensor& x) {
  return record("relu_gradient", pointwise(Binary::relu_gradient, g, x),
                wrt(g, [x = save(x)](const Tensor& d) { return relu_gradient(d, x); }));
}

}  // namespace

// y = x²          x̄ = 2 ȳ x
Tensor square(const Tensor& x) {
  if (x.dtype() == kBool) return square(x.to(kInt64));
  return record("pow", pointwise(Unary::square, x),
                wrt(x, [x = save(x)](const Tensor& g) { return square_gradient(g, x); }));
}

// y = tanh x      x̄ = ȳ (1 - y²)
Tensor tanh(const Tensor& input) {
  const Tensor x = as_floating_point(input), y = pointwise(Unary::tanh, x);
  return record("tanh", y, wrt(x, [y = save_output(y)](const Tensor& g) { return tanh_gradient(g, y); }));
}

// y = 1 / (1 + e⁻ˣ)    x̄ = ȳ y (1 - y)
Tensor sigmoid(const Tensor& input) {
  const Tensor x = as_floating_point(input), y = pointwise(Unary::sigmoid, x);
  return record("sigmoid", y,
                wrt(x, [y = save_output(y)](const Tensor& g) { return sigmoid_gradient(g, y); }));
}

// y = max(x, 0)   x̄ = ȳ where y > 0  (y > 0 exactly where x > 0, and the output is kept anyway by what
// follows)
Tensor relu(const Tensor& x) {
  const Tensor y = pointwise(Unary::relu, x);
  return record("relu", y, wrt(x, [y = save_output(y)](const Tensor& g) { return relu_gradient(g, y); }));
}

// y = min(max(x, low), high)    x̄ = ȳ where low ≤ x ≤ high
Tensor clamp(const Tensor& x, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
  check(min || max, "clamp: at least one of min and max must be given");
  Tensor y = x;
  if (min) y = pointwise(Binary::maximum, y, *min);
  if (max) y = pointwise(Binary::minimum, y, *max);
  return record("clamp", y, wrt(x, [x = save(x), min, max](const Tensor& g) {
                  Tensor inside = ones_like(g, kBool);
                  if (min) inside = inside & ge(x, *min);
                  if (max) inside = inside & le(x, *max);
                  return where(inside, g, 0);
                }));
}
// Tensors as bounds: each gets the gradient where it stands in x's place; where min > max, that is max.
Tensor clamp(const Tensor& x, const std::optional<Tensor>& min, const std::optional<Tensor>& max) {
  check(min || max, "clamp: at least one of min and max must be given");
  const Tensor above = min ? where(lt(x, *min), *min, x) : x;
  return max ? where(gt(above, *max), *max, above) : above;
}
// y = max(x, low)
Tensor clamp_min(const Tensor& x, const Scalar& min) { return clamp(x, min); }
// y = min(x, high)
Tensor clamp_max(const Tensor& x, const Scalar& max) { return clamp(x, std::nullopt, max); }

// ---- Predicates: no derivative ------------------------------------------------------------------
Tensor isnan(const Tensor& x) { return pointwise(Unary::isnan, x); }
Tensor isinf(const Tensor& x) { return pointwise(Unary::isinf, x); }
Tensor isfinite(const Tensor& x) { return pointwise(Unary::isfinite, x); }
Tensor logical_not(const Tensor& x) {
  return x.dtype() == kBool ? pointwise(Unary::logical_not, x) : eq(x, 0);
}

}  // namespace gradus
