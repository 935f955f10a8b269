// The largest errors of the functions of one number and of their derivatives, in units in the last place (ulp), over the
// whole range of float32 and float64: 10⁵ numbers of both signs from the smallest subnormal to the largest number,
// evenly spaced in their bits. The references are computed in long double, in forms that do not lose digits.
//
// Two kinds of functions have larger bounds. Some are ill-conditioned far from 0: the relative error of exp(-x²) is x²
// times the relative error of x². Others are products with a subnormal factor.
//
// A derivative that is NaN, or 0 where the exact one is a normal number, has an infinite error here. This prints the
// table of docs/reliability.md:
//
//     build/release/tests/accuracy_test
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "gradus.h"

using namespace gradus;
namespace F = gradus::nn::functional;

namespace {

static_assert(std::numeric_limits<long double>::digits >= 64,
              "the references need more digits than float64 has");

using Exact = long double;
using Number = Exact (*)(Exact);

struct Bounds {
  double value, slope;  // in ulp
};

struct Function {
  const char* name;
  std::function<Tensor(const Tensor&)> ours;
  Number value, slope;
  Bounds float32, float64;
  double root = NAN;  // a root of the slope; the slope's relative error is large near it
};

constexpr Exact kPi = 3.14159265358979323846264338327950288L, kLn2 = 0.693147180559945309417232121458176568L,
                kLn10 = 2.30258509299404568401799145468436421L;

Exact sigmoid_of(Exact x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
Exact softplus_of(Exact x) { return std::max(x, Exact(0)) + std::log1p(std::exp(-std::fabs(x))); }
/// 1 / cosh² x
Exact sech2(Exact x) {
  const Exact e = std::exp(-2 * std::fabs(x));
  return 4 * e / ((1 + e) * (1 + e));
}
Exact normal_cdf(Exact x) { return std::erfc(-x / std::sqrt(Exact(2))) / 2; }
Exact normal_density(Exact x) { return std::exp(-x * x / 2) / std::sqrt(2 * kPi); }
/// The argument of the sigmoid in gelu's approximation, and its slope.
Exact gelu_argument(Exact x) { return std::sqrt(8 / kPi) * (x + Exact(0.044715) * x * x * x); }
Exact gelu_argument_slope(Exact x) { return std::sqrt(8 / kPi) * (1 + 3 * Exact(0.044715) * x * x); }

/// x - tanh x = (x cosh x - sinh x) / cosh x, where x cosh x - sinh x = Σ 2k x²ᵏ⁺¹ / (2k + 1)!
Exact tanhshrink_of(Exact x) {
  if (std::fabs(x) > 1) return x - std::tanh(x);
  Exact sum = 0, term = x;
  for (int k = 1; k < 14; ++k) {
    term *= x * x / (2 * k * (2 * k + 1));
    sum += 2 * k * term;
  }
  return sum / std::cosh(x);
}

std::vector<Function> functions() {
  return {
      {"exp",
       [](auto& x) { return exp(x); },
       [](Exact x) { return std::exp(x); },
       [](Exact x) { return std::exp(x); },
       {2, 2},
       {2, 2}},
      {"expm1",
       [](auto& x) { return expm1(x); },
       [](Exact x) { return std::expm1(x); },
       [](Exact x) { return std::exp(x); },
       {4, 2},
       {4, 2}},
      {"log",
       [](auto& x) { return log(x); },
       [](Exact x) { return std::log(x); },
       [](Exact x) { return 1 / x; },
       {2, 2},
       {2, 2}},
      {"log1p",
       [](auto& x) { return log1p(x); },
       [](Exact x) { return std::log1p(x); },
       [](Exact x) { return 1 / (1 + x); },
       {4, 2},
       {4, 2}},
      {"sqrt",
       [](auto& x) { return sqrt(x); },
       [](Exact x) { return std::sqrt(x); },
       [](Exact x) { return 1 / (2 * std::sqrt(x)); },
       {2, 2},
       {2, 2}},
      {"rsqrt",
       [](auto& x) { return rsqrt(x); },
       [](Exact x) { return 1 / std::sqrt(x); },
       [](Exact x) { return -1 / (2 * x * std::sqrt(x)); },
       {2, 6},
       {2, 6}},
      {"reciprocal",
       [](auto& x) { return reciprocal(x); },
       [](Exact x) { return 1 / x; },
       [](Exact x) { return -1 / (x * x); },
       {2, 2},
       {2, 2}},
      {"square",
       [](auto& x) { return square(x); },
       [](Exact x) { return x * x; },
       [](Exact x) { return 2 * x; },
       {2, 2},
       {2, 2}},
      {"abs",
       [](auto& x) { return abs(x); },
       [](Exact x) { return std::fabs(x); },
       [](Exact x) { return Exact(x < 0 ? -1 : 1); },
       {0, 0},
       {0, 0}},
      {"sin",
       [](auto& x) { return sin(x); },
       [](Exact x) { return std::sin(x); },
       [](Exact x) { return std::cos(x); },
       {4, 4},
       {4, 4}},
      {"cos",
       [](auto& x) { return cos(x); },
       [](Exact x) { return std::cos(x); },
       [](Exact x) { return -std::sin(x); },
       {4, 4},
       {4, 4}},
      {"tan",
       [](auto& x) { return tan(x); },
       [](Exact x) { return std::tan(x); },
       [](Exact x) { return 1 + std::tan(x) * std::tan(x); },
       {4, 4},
       {4, 4}},
      {"asin",
       [](auto& x) { return asin(x); },
       [](Exact x) { return std::asin(x); },
       [](Exact x) { return 1 / std::sqrt((1 - x) * (1 + x)); },
       {4, 4},
       {4, 4}},
      {"acos",
       [](auto& x) { return acos(x); },
       [](Exact x) { return std::acos(x); },
       [](Exact x) { return -1 / std::sqrt((1 - x) * (1 + x)); },
       {4, 4},
       {4, 4}},
      {"atan",
       [](auto& x) { return atan(x); },
       [](Exact x) { return std::atan(x); },
       [](Exact x) { return 1 / (1 + x * x); },
       {4, 4},
       {4, 4}},
      {"sinh",
       [](auto& x) { return sinh(x); },
       [](Exact x) { return std::sinh(x); },
       [](Exact x) { return std::cosh(x); },
       {4, 4},
       {4, 4}},
      {"cosh",
       [](auto& x) { return cosh(x); },
       [](Exact x) { return std::cosh(x); },
       [](Exact x) { return std::sinh(x); },
       {4, 4},
       {4, 4}},
      {"log2",
       [](auto& x) { return log2(x); },
       [](Exact x) { return std::log2(x); },
       [](Exact x) { return 1 / (x * kLn2); },
       {4, 4},
       {4, 4}},
      {"log10",
       [](auto& x) { return log10(x); },
       [](Exact x) { return std::log10(x); },
       [](Exact x) { return 1 / (x * kLn10); },
       {4, 4},
       {4, 4}},
      {"tanh", [](auto& x) { return tanh(x); }, [](Exact x) { return std::tanh(x); }, sech2, {4, 4}, {4, 4}},
      {"sigmoid",
       [](auto& x) { return sigmoid(x); },
       sigmoid_of,
       [](Exact x) { return sigmoid_of(x) * sigmoid_of(-x); },
       {4, 4},
       {4, 4}},
      {"erf",
       [](auto& x) { return erf(x); },
       [](Exact x) { return std::erf(x); },
       [](Exact x) { return 2 / std::sqrt(kPi) * std::exp(-x * x); },
       {4, 64},
       {4, 400}},
      {"elu",
       [](auto& x) { return elu(x); },
       [](Exact x) { return x > 0 ? x : std::expm1(x); },
       [](Exact x) { return x > 0 ? 1 : std::exp(x); },
       {4, 4},
       {4, 4}},
      {"celu",
       [](auto& x) { return celu(x, 2); },
       [](Exact x) { return x > 0 ? x : 2 * std::expm1(x / 2); },
       [](Exact x) { return x > 0 ? 1 : std::exp(x / 2); },
       {4, 4},
       {4, 4}},
      {"selu",
       [](auto& x) { return selu(x); },
       [](Exact x) {
         return 1.0507009873554804934193349852946L *
                (x > 0 ? x : 1.6732632423543772848170429916717L * std::expm1(x));
       },
       [](Exact x) {
         return 1.0507009873554804934193349852946L *
                (x > 0 ? 1 : 1.6732632423543772848170429916717L * std::exp(x));
       },
       {4, 4},
       {4, 4}},
      {"softplus", [](auto& x) { return softplus(x, 1, INFINITY); }, softplus_of, sigmoid_of, {4, 4}, {4, 4}},
      {"log_sigmoid",
       [](auto& x) { return log_sigmoid(x); },
       [](Exact x) { return -softplus_of(-x); },
       [](Exact x) { return sigmoid_of(-x); },
       {4, 4},
       {4, 4}},
      {"silu",
       [](auto& x) { return silu(x); },
       [](Exact x) { return x * sigmoid_of(x); },
       [](Exact x) { return sigmoid_of(x) * (1 + x * sigmoid_of(-x)); },
       {64, 64},
       {300, 300},
       -1.2784645},
      {"gelu",
       [](auto& x) { return gelu(x); },
       [](Exact x) { return x * normal_cdf(x); },
       [](Exact x) { return normal_cdf(x) + (std::isinf(x * x) ? 0 : x * normal_density(x)); },
       {200, 200},
       {900, 900},
       -0.7517916},
      {"gelu.tanh",
       [](auto& x) { return gelu(x, "tanh"); },
       [](Exact x) { return x * sigmoid_of(gelu_argument(x)); },
       [](Exact x) {
         const Exact s = sigmoid_of(gelu_argument(x)), t = sigmoid_of(-gelu_argument(x));
         return s + (t == 0 || s == 0 ? 0 : x * s * t * gelu_argument_slope(x));
       },
       {150, 300},
       {1500, 1500},
       -0.7524614},
      {"mish",
       [](auto& x) { return mish(x); },
       [](Exact x) { return x * std::tanh(softplus_of(x)); },
       [](Exact x) { return std::tanh(softplus_of(x)) + x * sech2(softplus_of(x)) * sigmoid_of(x); },
       {64, 64},
       {300, 300},
       -1.1924312},
      {"softsign",
       [](auto& x) { return F::softsign(x); },
       [](Exact x) { return x / (1 + std::fabs(x)); },
       [](Exact x) { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); },
       {4, 4},
       {4, 4}},
      {"tanhshrink",
       [](auto& x) { return F::tanhshrink(x); },
       tanhshrink_of,
       [](Exact x) { return std::tanh(x) * std::tanh(x); },
       {4, 4},
       {4, 4}},
      {"pow(x, 3)",
       [](auto& x) { return pow(x, 3); },
       [](Exact x) { return x * x * x; },
       [](Exact x) { return 3 * x * x; },
       {4, 4},
       {4, 4}},
      {"pow(x, 2.5)",
       [](auto& x) { return pow(x, 2.5); },
       [](Exact x) { return std::pow(x, Exact(2.5)); },
       [](Exact x) { return Exact(2.5) * std::pow(x, Exact(1.5)); },
       {4, 4},
       {4, 4}},
      {"pow(x, -1.5)",
       [](auto& x) { return pow(x, -1.5); },
       [](Exact x) { return std::pow(x, Exact(-1.5)); },
       [](Exact x) { return Exact(-1.5) * std::pow(x, Exact(-2.5)); },
       {4, 4},
       {4, 4}},
      {"pow(x, 0.25)",
       [](auto& x) { return pow(x, 0.25); },
       [](Exact x) { return std::pow(x, Exact(0.25)); },
       [](Exact x) { return Exact(0.25) * std::pow(x, Exact(-0.75)); },
       {4, 4},
       {4, 4}},
      {"pow(x, x64)",
       [](auto& x) { return pow(x, full({}, 2.5, x.dtype())); },
       [](Exact x) { return std::pow(x, Exact(2.5)); },
       [](Exact x) { return Exact(2.5) * std::pow(x, Exact(1.5)); },
       {4, 4},
       {4, 4}},
      {"pow(2, x)",
       [](auto& x) { return pow(2, x); },
       [](Exact x) { return std::exp2(x); },
       [](Exact x) { return std::exp2(x) * std::log(Exact(2)); },
       {4, 4},
       {4, 4}},
      {"1 / x",
       [](auto& x) { return 3 / x; },
       [](Exact x) { return 3 / x; },
       [](Exact x) { return -3 / (x * x); },
       {2, 2},
       {2, 2}},
      {"tensor 3 / x",
       [](auto& x) { return div(full_like(x.detach(), 3), x); },
       [](Exact x) { return 3 / x; },
       [](Exact x) { return -3 / (x * x); },
       {2, 2},
       {2, 2}},
      {"binary cross-entropy, target 1",
       [](auto& x) {
         return F::binary_cross_entropy_with_logits(
             x, ones_like(x.detach()), F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(kNone));
       },
       [](Exact x) { return softplus_of(-x); },
       [](Exact x) { return -sigmoid_of(-x); },
       {4, 4},
       {4, 4}},
      {"softmax",
       [](auto& x) {
         return softmax(stack({x, zeros_like(x.detach())}, 1), 1).select(1, 0);
       },
       sigmoid_of,
       [](Exact x) { return sigmoid_of(x) * sigmoid_of(-x); },
       {4, 4},
       {4, 4}},
      {"log_softmax",
       [](auto& x) {
         return log_softmax(stack({x, zeros_like(x.detach())}, 1), 1).select(1, 0);
       },
       [](Exact x) { return -softplus_of(-x); },
       [](Exact x) { return sigmoid_of(-x); },
       {4, 4},
       {4, 4}},
      {"logsumexp",
       [](auto& x) {
         return logsumexp(stack({x, zeros_like(x.detach())}, 1), 1);
       },
       softplus_of,
       sigmoid_of,
       {4, 4},
       {4, 4}},
      {"cross_entropy",
       [](auto& x) {
         return cross_entropy_rows(stack({x, zeros_like(x.detach())}, 1), zeros({x.numel()}, kInt64));
       },
       [](Exact x) { return softplus_of(-x); },
       [](Exact x) { return -sigmoid_of(-x); },
       {4, 4},
       {4, 4}},
      {"norm",
       [](auto& x) {
         return norm(stack({x, ones_like(x.detach())}, 1), 2, {1});
       },
       [](Exact x) { return std::hypot(x, Exact(1)); },
       [](Exact x) { return x / std::hypot(x, Exact(1)); },
       {4, 4},
       {4, 4}},
      {"norm 3",
       [](auto& x) {
         return norm(stack({x, ones_like(x.detach())}, 1), 3, {1});
       },
       [](Exact x) {
         const Exact m = std::max(std::fabs(x), Exact(1)), a = std::fabs(x) / m, b = 1 / m;
         return m * std::cbrt(a * a * a + b * b * b);
       },
       [](Exact x) {
         const Exact m = std::max(std::fabs(x), Exact(1)), a = std::fabs(x) / m, b = 1 / m;
         return std::copysign(1, x) * a * a / std::pow(a * a * a + b * b * b, Exact(2) / 3);
       },
       {4, 4},
       {4, 4}},
      {"mean",
       [](auto& x) {
         return mean(stack({x, x, -x}, 1), {1});
       },
       [](Exact x) { return x / 3; },
       [](Exact) { return Exact(1) / 3; },
       {4, 4},
       {4, 4}},
  };
}

struct Worst {
  double ulps = 0, at = 0;
};

/// The error of `got` in units in the last place of `exact`. It is infinite if only one of the two is finite, or if `got`
/// is 0 and `exact` is a normal number.
template <class T>
double error_in_ulps(T got, Exact exact) {
  const T rounded = static_cast<T>(exact);
  if (got == rounded || (std::isnan(exact) && std::isnan(got))) return 0;
  if (!std::isfinite(got) || !std::isfinite(rounded)) return INFINITY;
  if (got == 0 && std::fabs(exact) >= std::numeric_limits<T>::min()) return INFINITY;
  const T size = std::fabs(rounded);
  const Exact unit = static_cast<Exact>(std::nextafter(size, std::numeric_limits<T>::infinity())) - size;
  return static_cast<double>(std::fabs(static_cast<Exact>(got) - exact) / unit);
}

template <class T>
Worst worst_of(const Function& f, const Tensor& x, const Tensor& got, Number exact) {
  Worst worst;
  const Tensor dense = got.detach().contiguous();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const T at = x.data_ptr<T>()[i];
    const bool is_slope = exact == f.slope;
    if (is_slope && (std::fabs(at - f.root) < 0.1 || std::isinf(static_cast<T>(f.value(at))))) continue;
    const double ulps = error_in_ulps(dense.data_ptr<T>()[i], exact(at));
    if (ulps > worst.ulps) worst = {ulps, at};
  }
  return worst;
}

/// Numbers of both signs, evenly spaced in their bits.
template <class T, class Bits>
Tensor numbers() {
  constexpr int64_t n = 50'000;
  const Tensor x = empty({2 * n}, dtype_of<T>());
  const Bits last = std::bit_cast<Bits>(std::numeric_limits<T>::max());
  for (int64_t i = 0; i < n; ++i) {
    const Bits bits = 1 + static_cast<Bits>(static_cast<long double>(last - 1) * i / (n - 1));
    x.data_ptr<T>()[i] = std::bit_cast<T>(bits);
    x.data_ptr<T>()[n + i] = -std::bit_cast<T>(bits);
  }
  return x;
}

template <class T>
void check_function(const Function& f, const Tensor& numbers, const Bounds& bounds) {
  const Tensor x = numbers.clone().requires_grad_();
  const Worst value = worst_of<T>(f, numbers, f.ours(x), f.value);
  const Worst kernel = worst_of<T>(f, numbers, autograd::grad({f.ours(x).sum()}, {x})[0], f.slope);
  const Worst ops = worst_of<T>(
      f, numbers, autograd::grad({f.ours(x).sum()}, {x}, {}, true, /*create_graph=*/true)[0], f.slope);
  std::printf("| %s | %s | %.2f at %g | %.2f at %g | %.2f at %g |\n", f.name, name_of(x.dtype()), value.ulps,
              value.at, kernel.ulps, kernel.at, ops.ulps, ops.at);
  EXPECT_LE(value.ulps, bounds.value) << f.name << " of " << value.at;
  EXPECT_LE(kernel.ulps, bounds.slope) << f.name << "' at " << kernel.at;
  EXPECT_LE(ops.ulps, bounds.slope) << f.name << "' recorded, at " << ops.at;
}

TEST(Accuracy, OfValuesAndDerivatives) {
  const Tensor single = numbers<float, uint32_t>(), twice = numbers<double, uint64_t>();
  for (const Function& f : functions()) {
    check_function<float>(f, single, f.float32);
    check_function<double>(f, twice, f.float64);
  }
}

}  // namespace
