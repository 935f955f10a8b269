// Pointwise functions of one variable. Their formulas and slopes are in kernels/formulas.h. With ȳ the gradient that
// arrives at y = f(x), the rule of all of them is x̄ = ȳ f'(x).
#include "autograd/ops/pointwise.h"

namespace gradus {

Tensor as_floating_point(const Tensor& x) { return x.is_floating_point() ? x : x.to(get_default_dtype()); }

Tensor pointwise(Unary f, const Tensor& x) {
  const View& raw = x.raw();
  if (is_small_integer(raw.dtype)) [[unlikely]] {
    const Tensor y = pointwise(f, x.to(kInt64));
    return f.is_predicate ? y : y.to(raw.dtype);
  }
  const DeviceType device = x.impl().storage->device;
  Tensor y = allocate_like(raw, f.is_predicate ? kBool : raw.dtype, device);
  kernels_for(device).unary(f, raw, y.raw());
  return y;
}

// The zeros are constant in x, too: so derivatives of all orders are 0.
Tensor constant_in(const Tensor& x, const Tensor& gradient) {
  if (!GradMode::is_enabled() || !x.requires_grad()) return gradient;
  return record(
      "constant", gradient.detach(), wrt(gradient, unchanged),
      wrt(x, saved(x), [](const Tensor& g, const Tensor& x) { return constant_in(x, zeros_like(g)); }));
}

template <>
Tensor slope<formulas::Square>(const Tensor& g, const Tensor& x) {
  return record("pow", pointwise(formulas::Slope<formulas::Square>{}, g, x),
                wrt(g, saved(x), slope<formulas::Square>),
                wrt(x, saved(g, x), [](const Tensor& gg, const Tensor& g, const Tensor& x) {
                  return constant_in(x, slope<formulas::Square>(gg, g));
                }));
}

Tensor neg(const Tensor& x) { return unary<formulas::Neg>(x); }
Tensor abs(const Tensor& x) { return unary<formulas::Abs>(x); }
Tensor exp(const Tensor& x) { return unary<formulas::Exp>(x); }
Tensor log(const Tensor& x) { return unary<formulas::Log>(x); }
Tensor sqrt(const Tensor& x) { return unary<formulas::Sqrt>(x); }
Tensor tanh(const Tensor& x) { return unary<formulas::Tanh>(x); }
Tensor sigmoid(const Tensor& x) { return unary<formulas::Sigmoid>(x); }
Tensor relu(const Tensor& x) { return unary<formulas::Relu>(x); }
Tensor square(const Tensor& x) { return unary<formulas::Square>(x.dtype() == kBool ? x.to(kInt64) : x); }

// Whole numbers are their own roundings, and bools their own signs.
Tensor sign(const Tensor& x) { return x.dtype() == kBool ? x.clone() : unary<formulas::Sign>(x); }
Tensor round(const Tensor& x) { return is_integer(x.dtype()) ? x.clone() : unary<formulas::Round>(x); }

// Predicates have no derivative.
Tensor isnan(const Tensor& x) { return pointwise(formulas::IsNan{}, x); }
Tensor isfinite(const Tensor& x) { return pointwise(formulas::IsFinite{}, x); }
Tensor logical_not(const Tensor& x) {
  return x.dtype() == kBool ? pointwise(formulas::LogicalNot{}, x) : eq(x, 0);
}

}  // namespace gradus
