// Products of all small shapes. The CPU has kernels of its own for small matrices. Code for the remainders of
// vectors and blocks runs only for some shapes, so a mistake there shows only for those shapes.
#include <gtest/gtest.h>

#include "gradus.h"

using namespace gradus;

namespace {

/// Σₚ aᵢₚ bₚⱼ, as a sum of outer products.
Tensor sum_of_outer_products(const Tensor& a, const Tensor& b) {
  Tensor sum = zeros({a.size(0), b.size(1)}, kFloat64);
  for (int64_t p = 0; p < a.size(1); ++p) sum += a.slice(1, p, p + 1) * b.slice(0, p, p + 1);
  return sum;
}

/// The same elements, column-major.
Tensor column_major(const Tensor& x) { return x.t().contiguous().t(); }

/// The same elements, with a gap after each. So neither rows nor columns are contiguous.
Tensor strided(const Tensor& x) {
  const Tensor wide = zeros({x.size(0), 2 * x.size(1)}, x.options());
  Tensor view = wide.slice(1, 0, 2 * x.size(1), 2);
  view.copy_(x);
  return view;
}

class FloatingPointProducts : public testing::TestWithParam<Dtype> {};

TEST_P(FloatingPointProducts, OfEverySmallShape) {
  manual_seed(1);
  const double tolerance = GetParam() == kFloat32 ? 1e-5 : 1e-13;
  for (int64_t rows : {1, 2, 3, 4, 5, 9, 17, 33})
    for (int64_t depth : {1, 2, 3, 4, 5, 6, 7, 15, 16, 18, 40})
      for (int64_t columns : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 21, 40}) {
        const Tensor a = rand({rows, depth}, GetParam()), b = rand({depth, columns}, GetParam());
        const Tensor wanted = sum_of_outer_products(a.to(kFloat64), b.to(kFloat64));
        for (const Tensor& x : {a, column_major(a), strided(a)})
          for (const Tensor& y : {b, column_major(b), strided(b)})
            ASSERT_TRUE(mm(x, y).to(kFloat64).allclose(wanted, tolerance, tolerance))
                << "(" << rows << ", " << depth << ") (" << depth << ", " << columns << "), strides "
                << x.strides() << " " << y.strides();
      }
}

INSTANTIATE_TEST_SUITE_P(, FloatingPointProducts, testing::Values(kFloat32, kFloat64),
                         [](const auto& info) { return name_of(info.param); });

TEST(IntegerProducts, OfEverySize) {
  for (int64_t size : {1, 2, 3, 5, 8, 17}) {
    const Tensor a = arange(size * size).view({size, size}), b = a.t() - 7;
    EXPECT_TRUE(equal(mm(a, b), sum_of_outer_products(a.to(kFloat64), b.to(kFloat64)).to(kInt64)));
  }
}

}  // namespace
