// Values and slopes where digits are easily lost, and derivatives of functions that are piecewise linear.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "gradus.h"
#include "tests/expectations.h"

using namespace gradus;
namespace F = gradus::nn::functional;

namespace {

using Function = std::function<Tensor(const Tensor&)>;
using Number = double (*)(double);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The derivative of f of this order, at each element of x.
Tensor derivative(const Function& f, const Tensor& x, int order = 1) {
  Tensor y = f(x);
  for (int i = 0; i < order; ++i) y = autograd::grad({y.sum()}, {x}, {}, true, /*create_graph=*/true)[0];
  return y.detach();
}

Tensor leaf(const std::vector<double>& values, Dtype dtype = kFloat64) {
  return tensor(values, dtype).requires_grad_();
}

/// Fails unless every element is f(x) up to a relative error of 64 ε.
void expect_digits(const std::string& what, const Tensor& got, const std::vector<double>& x, Number f) {
  const double epsilon = got.dtype() == kFloat64 ? std::numeric_limits<double>::epsilon()
                                                 : std::numeric_limits<float>::epsilon();
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_NEAR(got[static_cast<int64_t>(i)].item<double>(), f(x[i]), 64 * epsilon * std::fabs(f(x[i])))
        << what << ", " << got.dtype() << ", at " << x[i];
}

// ---- Digits -----------------------------------------------------------------------------------------------

struct Precise {
  const char* name;
  Function f;
  Number value, slope;
  std::vector<double> x;
};

double sigmoid_of(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double root(double x) { return std::sqrt(8 / M_PI) * (x + 0.044715 * x * x * x); }

// The numbers have few binary digits, so that float32 holds them exactly.
TEST(Slopes, KeepTheirDigits) {
  const std::vector<double> below = {-60, -40, -17, -10, -3, -0.5, -0.125};
  const std::vector<Precise> functions = {
      {"expm1", [](auto& x) { return expm1(x); }, [](double x) { return std::expm1(x); },
       [](double x) { return std::exp(x); }, below},
      {"elu", [](auto& x) { return elu(x); }, [](double x) { return std::expm1(x); },
       [](double x) { return std::exp(x); }, below},
      {"celu", [](auto& x) { return celu(x, 2); }, [](double x) { return 2 * std::expm1(x / 2); },
       [](double x) { return std::exp(x / 2); }, below},
      {"selu", [](auto& x) { return selu(x); }, [](double x) { return 1.7580993408473766 * std::expm1(x); },
       [](double x) { return 1.7580993408473766 * std::exp(x); }, below},
      {"log_sigmoid",
       [](auto& x) { return log_sigmoid(x); },
       [](double x) { return -std::log1p(std::exp(-x)); },
       [](double x) { return sigmoid_of(-x); },
       {0.5, 4, 17, 40, 80}},
      {"gelu",
       [](auto& x) { return gelu(x); },
       [](double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; },
       [](double x) {
         return std::erfc(-x / std::sqrt(2.0)) / 2 + x * std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
       },
       {-5, -4, -3, 3, 5}},
      {"gelu.tanh",
       [](auto& x) { return gelu(x, "tanh"); },
       [](double x) { return x * sigmoid_of(root(x)); },
       [](double x) {
         const double s = sigmoid_of(root(x));
         return s + x * s * (1 - s) * std::sqrt(8 / M_PI) * (1 + 3 * 0.044715 * x * x);
       },
       {-4, -3, -2, 2, 3}},
      {"softsign",
       [](auto& x) { return F::softsign(x); },
       [](double x) { return x / (1 + std::fabs(x)); },
       [](double x) { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); },
       {-1e6, -1024, -2, 0.5, 4096, 1e8}},
      {"tanhshrink",
       [](auto& x) { return F::tanhshrink(x); },
       nullptr,
       [](double x) { return std::tanh(x) * std::tanh(x); },
       {-0.0078125, -0.125, 0.0009765625, 0.5, 20}},
  };
  for (const Precise& function : functions)
    for (Dtype dtype : {kFloat64, kFloat32}) {
      const Tensor x = leaf(function.x, dtype);
      if (function.value) expect_digits(function.name, function.f(x).detach(), function.x, function.value);
      function.f(x).sum().backward();  // the kernel computes the slope
      expect_digits(std::string(function.name) + "'", x.grad(), function.x, function.slope);
      // ops compute it
      expect_digits(std::string(function.name) + "' recorded", derivative(function.f, x), function.x,
                    function.slope);
    }
}

TEST(Slopes, OfBinaryCrossEntropyKeepTheDigitsOfASmallLoss) {
  for (Dtype dtype : {kFloat64, kFloat32})
    for (double logit : {20.0, 40.0, 80.0}) {
      const Tensor x = leaf({-logit, logit}, dtype), y = tensor({0.0, 1.0}, dtype);
      const Tensor losses = F::binary_cross_entropy_with_logits(
          x, y, F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(kNone));
      losses.sum().backward();
      for (int i : {0, 1}) {
        EXPECT_NEAR(losses[i].item<double>() / std::exp(-logit), 1, 1e-6) << dtype << " " << logit;
        EXPECT_NEAR(x.grad()[i].item<double>() / std::exp(-logit), i ? -1 : 1, 1e-6) << dtype << " " << logit;
      }
    }
  // ln(1 - p) of a small p
  const Tensor p = leaf({1e-9}, kFloat32);
  EXPECT_NEAR(F::binary_cross_entropy(p, zeros({1})).item<double>(), 1e-9, 1e-15);
  // Targets of other dtypes are numbers.
  const Tensor x = leaf({-1, 2});
  EXPECT_TRUE(equal(F::binary_cross_entropy_with_logits(x, tensor({false, true})),
                    F::binary_cross_entropy_with_logits(x, tensor({0.0, 1.0}, kFloat64))));
}

// ---- Piecewise linear functions -------------------------------------------------------------------------------

struct Linear {
  const char* name;
  Function f;
  int first_zero = 2;  // the first order at which the derivative is 0
};

TEST(Slopes, OfPiecewiseLinearFunctionsHaveTheDerivativeZero) {
  const Tensor other = tensor({0.5, -1.0, 0.25}, kFloat64);
  const std::vector<Linear> functions = {
      {"relu", [](auto& x) { return relu(x); }},
      {"leaky_relu", [](auto& x) { return leaky_relu(x); }},
      {"relu6", [](auto& x) { return relu6(x); }},
      {"hardtanh", [](auto& x) { return hardtanh(x); }},
      {"threshold", [](auto& x) { return threshold(x, 0.5, 3); }},
      {"hardshrink", [](auto& x) { return hardshrink(x); }},
      {"softshrink", [](auto& x) { return softshrink(x); }},
      {"abs", [](auto& x) { return abs(x); }},
      {"clamp", [](auto& x) { return clamp(x, -1, 1); }},
      {"clamp_min", [](auto& x) { return clamp_min(x, 0); }},
      {"clamp_max", [](auto& x) { return clamp_max(x, 0); }},
      {"maximum", [=](auto& x) { return maximum(x, other); }},
      {"minimum", [=](auto& x) { return minimum(x, other); }},
      {"max", [](auto& x) { return max(x); }},
      {"amin", [](auto& x) { return amin(x, {0}); }},
      {"norm1", [](auto& x) { return norm(x, 1); }},
      {"norm_infinity", [](auto& x) { return norm(x, kInfinity); }},
      {"prod of one element", [](auto& x) { return prod(x.unsqueeze(0), 0); }},
      {"l1_loss", [=](auto& x) { return F::l1_loss(x, other); }},
      {"hinge_embedding_loss",
       [](auto& x) {
         return F::hinge_embedding_loss(x, tensor({1.0, -1.0, -1.0}, kFloat64));
       }},
      {"pow1", [](auto& x) { return pow(x, 1); }},
      {"pow0", [](auto& x) { return pow(x, 0); }, 1},
      {"square", [](auto& x) { return square(x); }, 3},
      {"pow2", [](auto& x) { return pow(x, 2); }, 3},
      {"pow3", [](auto& x) { return pow(x, 3); }, 4},
      {"sum_of_squares", [](auto& x) { return sum_of_squares(x); }, 3},
      {"mse_loss", [=](auto& x) { return F::mse_loss(x, other); }, 3},
      {"huber_loss", [=](auto& x) { return F::huber_loss(x, other); }, 3},
  };
  for (const Linear& function : functions)
    for (int order : {0, 1, 2}) {
      const Tensor x = leaf({-1.5, 2.0, 0.75});
      try {
        const Tensor zero = derivative(function.f, x, function.first_zero + order);
        EXPECT_TRUE(equal(zero, zeros({3}, kFloat64))) << function.name << "\n" << zero;
      } catch (const Error& error) {
        ADD_FAILURE() << function.name << ", order " << function.first_zero + order << ": " << error.what();
      }
    }
}

// The gradient of the penalty by the bias is 0; a graph without a path to it would be an error.
TEST(Slopes, OfAGradientPenaltyThroughReluReachAllParameters) {
  const Tensor w1 = randn({4, 3}, kFloat64).requires_grad_(), b1 = randn({4}, kFloat64).requires_grad_(),
               w2 = randn({1, 4}, kFloat64).requires_grad_(), x = randn({5, 3}, kFloat64).requires_grad_();
  const Tensor y = relu(x.mm(w1.t()) + b1).mm(w2.t());
  const Tensor slope = autograd::grad({y.sum()}, {x}, {}, true, true)[0];
  const auto gradients = autograd::grad({slope.square().sum()}, {w1, b1, w2});
  EXPECT_GT(gradients[0].abs().sum().item<double>(), 0);
  EXPECT_TRUE(equal(gradients[1], zeros({4}, kFloat64)));
  EXPECT_GT(gradients[2].abs().sum().item<double>(), 0);
}

// ---- Powers ---------------------------------------------------------------------------------------------------

TEST(Slopes, OfPowersAreThoseOfPolynomialsAtZero) {
  for (int n : {0, 1, 2, 3})
    for (int order : {1, 2, 3, 4, 5}) {
      const Tensor exponent = tensor({double(n)}, kFloat64);
      double expected = order == n ? std::tgamma(n + 1) : 0;
      EXPECT_EQ(derivative([&](auto& a) { return pow(a, exponent); }, leaf({0}), order).item<double>(),
                expected)
          << "tensor " << n << ", order " << order;
      EXPECT_EQ(derivative([&](auto& a) { return pow(a, n); }, leaf({0}), order).item<double>(), expected)
          << "number " << n << ", order " << order;
    }
}

// ∂²aᵇ / ∂a ∂b = aᵇ⁻¹ (1 + b ln a), which is 1 / a at b = 0
TEST(Slopes, OfPowersByBothArguments) {
  const Tensor a = leaf({2.0, 0.5, 2.0}), b = leaf({0.0, 0.0, 3.0});
  const Tensor by_a = autograd::grad({pow(a, b).sum()}, {a}, {}, true, true)[0];
  const Tensor mixed = autograd::grad({by_a.sum()}, {b})[0];
  EXPECT_TRUE(allclose(mixed, tensor({0.5, 2.0, 4 * (1 + 3 * std::log(2.0))}, kFloat64)));
}

// ---- Losses near zero and far from it -------------------------------------------------------------------------

TEST(Slopes, OfHuberLossesAreThoseOfHalfASquareAroundZero) {
  const Tensor x = leaf({0.0, 0.5, -0.5, 3.0, -kInfinity, 1e200}), zero = zeros({6}, kFloat64);
  const auto huber = [&](auto& x) {
    return F::huber_loss(x, zero, F::HuberLossFuncOptions().reduction(kSum).delta(2));
  };
  const auto smooth = [&](auto& x) {
    return F::smooth_l1_loss(x, zero, F::SmoothL1LossFuncOptions().reduction(kSum).beta(2));
  };
  EXPECT_TRUE(equal(derivative(huber, x), tensor({0.0, 0.5, -0.5, 2.0, -2.0, 2.0}, kFloat64)));
  EXPECT_TRUE(equal(derivative(huber, x, 2), tensor({1.0, 1.0, 1.0, 0.0, 0.0, 0.0}, kFloat64)));
  EXPECT_TRUE(equal(derivative(smooth, x), tensor({0.0, 0.25, -0.25, 1.0, -1.0, 1.0}, kFloat64)));
  EXPECT_TRUE(equal(derivative(smooth, x, 2), tensor({0.5, 0.5, 0.5, 0.0, 0.0, 0.0}, kFloat64)));
}

TEST(Slopes, OfADivergenceOutsideOfItsDomainAreNotNumbers) {
  const Tensor x = tensor({-1.0, -1.0, -1.0}, kFloat64), y = tensor({0.0, 0.5, -0.5}, kFloat64);
  const Tensor losses = F::kl_div(x, y, kNone);
  EXPECT_EQ(losses[0].item<double>(), 0);
  EXPECT_NEAR(losses[1].item<double>(), 0.5 * std::log(0.5) + 0.5, 1e-15);
  EXPECT_TRUE(std::isnan(losses[2].item<double>()));
}

// ---- Others ---------------------------------------------------------------------------------------------------

TEST(Slopes, OfRemaindersAreTheQuotientOfTheValue) {
  const std::vector<double> a = {1, -1, 5, 6, -6, 0.3, 1, -1, 0.6},
                            b = {0.1, 0.1, 3, 3, 3, 0.1, kInfinity, kInfinity, -0.2};
  for (Dtype dtype : {kFloat64, kFloat32})
    for (bool recorded : {false, true}) {
      const Tensor x = tensor(a, dtype), divisor = leaf(b, dtype), y = remainder(x, divisor);
      const Tensor slope = autograd::grad({y.sum()}, {divisor}, {}, true, recorded)[0].detach();
      for (int i = 0; i < 9; ++i) {
        if (std::isinf(b[i])) continue;
        // y = a - q b, with the whole number q = -slope
        const double q = -slope[i].item<double>();
        EXPECT_EQ(q, std::nearbyint(q));
        EXPECT_NEAR(y[i].item<double>(), x[i].item<double>() - q * divisor[i].item<double>(), 1e-6) << i;
      }
      EXPECT_EQ(slope[6].item<double>(), 0);
      EXPECT_EQ(slope[7].item<double>(), 1);
    }
  const Tensor b1 = leaf({0.1});
  remainder(tensor({1.0}, kFloat64), b1).sum().backward();
  EXPECT_EQ(b1.grad().item<double>(), -9);
}

TEST(Slopes, OfInterpolationReachBothEnds) {
  const Tensor start = tensor({1e8, -3.0}, kFloat32), end = tensor({1.0, 7.0}, kFloat32);
  for (double w : {0.0, 1.0}) {
    EXPECT_TRUE(equal(lerp(start, end, w), w == 0 ? start : end));
    EXPECT_TRUE(equal(lerp(start, end, full({2}, w)), w == 0 ? start : end));
  }
}

TEST(Slopes, OfAProductWithBetaZeroLeaveTheSumOut) {
  const Tensor a = ones({2, 3}), b = ones({3, 2}), expected = full({2, 2}, 3.0);
  for (const Shape& shape : {Shape{2, 2}, Shape{2}, Shape{}}) {
    const Tensor c = full(shape, NAN).requires_grad_();
    const Tensor y = addmm(c, a, b, 0);
    EXPECT_TRUE(equal(y, expected));
    y.sum().backward();
    EXPECT_TRUE(equal(c.grad(), zeros(shape)));
  }
  EXPECT_EQ(addmm(full({2, 2}, NAN, kFloat64), a.to(kFloat64), b.to(kFloat64), 0).dtype(), kFloat64);
  EXPECT_THROW(addmm(ones({3, 3}), a, b, 0), Error);
}

}  // namespace
