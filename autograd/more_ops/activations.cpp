// Activation functions. At a kink the derivative is PyTorch's: that of the side which a comment names.
#include <cmath>
#include <limits>
#include <numbers>

#include "autograd/more_ops/activations.h"
#include "autograd/ops/pointwise.h"

namespace gradus {

/// Records y = f(x), where f is piecewise linear: x̄ = slope(ȳ, x) depends on x only through comparisons.
template <class Slope>
static Tensor piecewise_linear(const char* op, const Tensor& x, const Tensor& y, const Slope& slope) {
  return record(op, y, wrt(x, saved(x), [slope](const Tensor& g, const Tensor& x) {
                  return constant_in(x, slope(g, x));
                }));
}

// ---- Linear on one side -------------------------------------------------------------------------

// y = x where x > 0, else s x      x̄ = ȳ or s ȳ; at 0: s ȳ
Tensor leaky_relu(const Tensor& x, const Scalar& negative_slope) {
  const auto choose = [s = negative_slope](const Tensor& g, const Tensor& x) {
    return where(x > 0, g, g * s);
  };
  return piecewise_linear("leaky_relu", x, choose(x.detach(), x), choose);
}

// y = x where x > 0, else α (eˣ - 1)
Tensor elu(const Tensor& x, const Scalar& alpha, const Scalar& scale, const Scalar& input_scale) {
  // eˣ of a large x would overflow, although where() does not choose it.
  const Tensor below = where(x > 0, 0, x);
  const Tensor y = where(x > 0, x, expm1(below * input_scale) * alpha);
  return scale.toDouble() == 1 ? y : y * scale;
}

// y = x where x > 0, else α (e^(x / α) - 1)
Tensor celu(const Tensor& x, const Scalar& alpha) {
  check(alpha.toDouble() != 0, "ZeroDivisionError: alpha cannot be 0 for CELU");
  return elu(x, alpha, 1, 1 / alpha.toDouble());
}

// y = λ x where x > 0, else λ α (eˣ - 1), with the constants that keep mean 0 and variance 1
Tensor selu(const Tensor& x) {
  return elu(x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946);
}

// y = ln(1 + eᶻ) / β = (max(z, 0) + ln(1 + e^-|z|)) / β  with z = βx        x̄ = ȳ σ(z)
// The second form cannot overflow. Both of its terms have a kink at 0. The kinks cancel: the rule is that of the sum.
Tensor softplus(const Tensor& input, const Scalar& beta, const Scalar& threshold) {
  check(beta.toDouble() != 0, "softplus: beta must not be 0");
  const Tensor x = as_floating_point(input);
  const auto value = [&] {
    const NoGradGuard no_grad;
    const Tensor z = x * beta;
    return where(z > threshold, x, (relu(z) + log1p(exp(-abs(z)))) / beta);
  };
  return record("softplus", value(), wrt(x, saved(x), [beta, threshold](const Tensor& g, const Tensor& x) {
                  const Tensor z = x * beta;
                  return where(z > threshold, g, g * sigmoid(z));
                }));
}

// y = -ln(1 + e⁻ˣ)
Tensor log_sigmoid(const Tensor& x) { return -softplus(-x, 1, std::numeric_limits<double>::infinity()); }

// ---- x times a factor between 0 and 1 -----------------------------------------------------------

// y = x Φ(x), Φ the distribution function of the normal distribution, or its approximation by tanh
Tensor gelu(const Tensor& x, std::string_view approximate) {
  // Φ(x) = ½ erfc(-x / √2). ½ (1 + erf(x / √2)) would lose the digits of a small Φ.
  if (approximate == "none") return x * 0.5 * unary<formulas::Erfc>(x / -std::numbers::sqrt2);
  check(approximate == "tanh", "gelu: approximate must be \"none\" or \"tanh\", not \"", approximate, "\"");
  const double root = std::sqrt(2 / std::numbers::pi);
  // ½ (1 + tanh z) = σ(2z), which loses no digits where tanh z is near -1. Beyond ±100 it is 0 or 1, and x³ may overflow.
  const Tensor z = clamp(x, -100, 100);
  return x * sigmoid((z + z * z * z * 0.044715) * (2 * root));
}

// y = x σ(x)
Tensor silu(const Tensor& x) { return x * sigmoid(x); }
// y = x tanh ln(1 + eˣ)
Tensor mish(const Tensor& x) { return x * tanh(softplus(x)); }

// ---- Piecewise linear ---------------------------------------------------------------------------

// y = x, kept within [min, max]    x̄ = ȳ between them, 0 at the ends
Tensor hardtanh(const Tensor& x, const Scalar& min, const Scalar& max) {
  return piecewise_linear(
      "hardtanh", x, clamp(x.detach(), min, max),
      [min, max](const Tensor& g, const Tensor& x) { return where((x <= min) | (x >= max), 0, g); });
}

// y = x, kept within [0, 6]
Tensor relu6(const Tensor& x) { return hardtanh(x, 0, 6); }

// y = x where x > t, else v        x̄ = ȳ or 0
Tensor threshold(const Tensor& x, const Scalar& threshold, const Scalar& value) {
  return piecewise_linear("threshold", x, masked_fill(x.detach(), x <= threshold, value),
                          [t = threshold](const Tensor& g, const Tensor& x) { return where(x <= t, 0, g); });
}

/// The slope of both shrinking functions: ȳ where |x| > λ, else 0.
static auto slope_beyond(const Scalar& lambd) {
  return [lambd](const Tensor& g, const Tensor& x) { return where(abs(x.detach()) <= lambd, 0, g); };
}

// y = x where |x| > λ, else 0
Tensor hardshrink(const Tensor& x, const Scalar& lambd) {
  return piecewise_linear("hardshrink", x, masked_fill(x.detach(), abs(x.detach()) <= lambd, 0),
                          slope_beyond(lambd));
}

// y = x - λ sign x where |x| > λ, else 0
Tensor softshrink(const Tensor& x, const Scalar& lambd) {
  check(lambd.toDouble() >= 0, "lambda must be greater or equal to 0, but found to be ", lambd.toDouble(),
        ".");
  const Tensor values = x.detach();
  return piecewise_linear("softshrink", x, values - clamp(values, -lambd.toDouble(), lambd),
                          slope_beyond(lambd));
}

}  // namespace gradus
