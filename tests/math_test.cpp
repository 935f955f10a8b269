// Our own elementary functions. Their errors, in units in the last place, are measured against the C
// library's functions in a wider type. Special values are tested, too.
#include "kernels/math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

using Exact = long double;

template <class T>
struct Elementary : testing::Test {
  static constexpr T kInfinity = std::numeric_limits<T>::infinity(),
                     kNan = std::numeric_limits<T>::quiet_NaN();
  static constexpr T kLeast = std::numeric_limits<T>::denorm_min(), kMost = std::numeric_limits<T>::max();

  /// The largest error of f at 200,000 numbers from `from` to `to`.
  template <class Function, class Reference>
  static double ulps(const Function& f, const Reference& exact, double from, double to) {
    constexpr int n = 200'000;
    double worst = 0;
    for (int i = 0; i <= n; ++i) {
      const T x = static_cast<T>(from + (to - from) * i / n);
      const Exact wanted = exact(static_cast<Exact>(x));
      const T rounded = std::abs(static_cast<T>(wanted));
      const Exact unit = static_cast<Exact>(std::nextafter(rounded, kInfinity)) - rounded;
      const double error = static_cast<double>(std::abs(f(x) - wanted) / unit);
      if (!(error <= worst)) worst = error;
    }
    return worst;
  }
};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Elementary, Types);

TYPED_TEST(Elementary, ExponentialErrsByLittleMoreThanOneUnit) {
  const auto exp = [](TypeParam x) { return math::exp(x); };
  const auto exact = [](Exact x) { return std::exp(x); };
  const double end = sizeof(TypeParam) == 4 ? 88.7 : 709.7, subnormal = sizeof(TypeParam) == 4 ? -103 : -744;
  EXPECT_LT(this->ulps(exp, exact, -1, 1), 1.2);
  EXPECT_LT(this->ulps(exp, exact, -end, end), 1.2);
  EXPECT_LT(this->ulps(exp, exact, subnormal, -end + 1), 1.2);
}

TYPED_TEST(Elementary, LogarithmErrsByAtMostOneUnit) {
  const auto log = [](TypeParam x) { return math::log(x); };
  const auto exact = [](Exact x) { return std::log(x); };
  EXPECT_LT(this->ulps(log, exact, 0.5, 2), 1);
  EXPECT_LT(this->ulps(log, exact, 1e-6, 1e6), 1);
  EXPECT_LT(this->ulps(log, exact, this->kLeast, 100 * double{std::numeric_limits<TypeParam>::min()}), 1);
}

TYPED_TEST(Elementary, SigmoidErrsByAtMostTwoUnits) {
  const auto sigmoid = [](TypeParam x) { return math::sigmoid(x); };
  const auto exact = [](Exact x) { return 1 / (1 + std::exp(-x)); };
  const double end = sizeof(TypeParam) == 4 ? -87 : -708;  // below it the result is subnormal
  EXPECT_LT(this->ulps(sigmoid, exact, -20, 20), 2.1);
  EXPECT_LT(this->ulps(sigmoid, exact, end, -20), 2.1);
  EXPECT_EQ(math::sigmoid(TypeParam(0)), 0.5);
  EXPECT_EQ(math::sigmoid(this->kInfinity), 1);
  EXPECT_EQ(math::sigmoid(-this->kInfinity), 0);
  EXPECT_TRUE(std::isnan(math::sigmoid(this->kNan)));
}

TYPED_TEST(Elementary, ExponentialOfSpecialValues) {
  using T = TypeParam;
  EXPECT_EQ(math::exp(T(0)), 1);
  EXPECT_EQ(math::exp(T(-0.0)), 1);
  EXPECT_EQ(math::exp(this->kInfinity), this->kInfinity);
  EXPECT_EQ(math::exp(this->kMost), this->kInfinity);
  EXPECT_EQ(math::exp(T(1000)), this->kInfinity);
  EXPECT_EQ(math::exp(-this->kInfinity), 0);
  EXPECT_EQ(math::exp(-this->kMost), 0);
  EXPECT_EQ(math::exp(std::log(this->kMost)), std::exp(std::log(this->kMost)));
  EXPECT_TRUE(std::isnan(math::exp(this->kNan)));
}

TYPED_TEST(Elementary, LogarithmOfSpecialValues) {
  using T = TypeParam;
  EXPECT_EQ(math::log(T(1)), 0);
  EXPECT_EQ(math::log(T(0)), -this->kInfinity);
  EXPECT_EQ(math::log(T(-0.0)), -this->kInfinity);
  EXPECT_EQ(math::log(this->kInfinity), this->kInfinity);
  EXPECT_EQ(math::log(this->kMost), std::log(this->kMost));
  EXPECT_EQ(math::log(this->kLeast), std::log(this->kLeast));
  EXPECT_TRUE(std::isnan(math::log(T(-1))));
  EXPECT_TRUE(std::isnan(math::log(-this->kLeast)));
  EXPECT_TRUE(std::isnan(math::log(-this->kInfinity)));
  EXPECT_TRUE(std::isnan(math::log(this->kNan)));
}

}  // namespace
