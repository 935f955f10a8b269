// The CPU's kernels, at sizes around the limits of their loops: vectors, cache lines, tiles, blocks, threads. And the
// environment variable that chooses them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <limits>

#include "gradus.h"
#include "kernels/plain/plain.h"
#if GRADUS_HAVE_FAST
#include "kernels/cpu/pointwise.h"
#endif

using namespace gradus;

namespace {

constexpr int64_t kSizes[] = {1, 2, 7, 15, 16, 17, 31, 33, 64, 65, 130, 257, 300};
constexpr Dtype kAll[] = {kFloat32, kFloat64, kInt64, kBool, kInt32, kInt16, kUInt8};

/// 0, 1, 2, … modulo 251, which fits into every dtype but bool.
Tensor counted(int64_t rows, int64_t columns, Dtype dtype) {
  return (arange(rows * columns) % 251).view({rows, columns}).to(dtype);
}

TEST(Copies, OfTransposedMatrices) {
  for (Dtype dtype : kAll)
    for (int64_t rows : kSizes)
      for (int64_t columns : kSizes) {
        const Tensor x = counted(rows, columns, dtype), y = x.t().contiguous();
        ASSERT_TRUE(y.is_contiguous());
        const Tensor from = x.to(kInt64), to = y.to(kInt64);
        const int64_t *a = from.data_ptr<int64_t>(), *b = to.data_ptr<int64_t>();
        for (int64_t i = 0; i < rows; ++i)
          for (int64_t j = 0; j < columns; ++j)
            ASSERT_EQ(a[i * columns + j], b[j * rows + i]) << dtype << " " << rows << " " << columns;
      }
}

TEST(Copies, IntoEverySecondElement) {
  for (int64_t rows : kSizes)
    for (int64_t columns : kSizes) {
      const Tensor x = counted(rows, columns, kFloat32);
      Tensor by_rows = full({columns, 2 * rows}, -1.0), by_columns = full({2 * rows, columns}, -1.0);
      by_rows.slice(1, 0, 2 * rows, 2).copy_(x.t());
      by_columns.slice(0, 0, 2 * rows, 2).t().copy_(x.t());
      EXPECT_TRUE(equal(by_rows.slice(1, 0, 2 * rows, 2).contiguous(), x.t().contiguous()));
      EXPECT_TRUE(equal(by_columns.slice(0, 0, 2 * rows, 2).contiguous(), x));
      EXPECT_TRUE(by_rows.slice(1, 1, 2 * rows, 2).eq(-1).all().item<bool>());
      EXPECT_TRUE(by_columns.slice(0, 1, 2 * rows, 2).eq(-1).all().item<bool>());
    }
}

/// Numbers with repetitions and, if they are real, with infinities, zeros of both signs and NaN of both signs.
Tensor with_special_values(int64_t n, Dtype dtype) {
  Tensor x = ((randn({n}) * 40).round() / 8).to(dtype);
  if (!x.is_floating_point()) return x;
  const double special[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, -NAN, 5e-324, -5e-324, 1e-45};
  for (int64_t i = 0; i < n / 3; ++i) x[3 * i].fill_(special[i % std::size(special)]);
  return x;
}

TEST(Sort, IsThePlainOneForAllNumbersAndLengths) {
  manual_seed(2);
  for (const Dtype dtype : {kFloat32, kFloat64, kInt64, kBool})
    for (const int64_t n : {1, 2, 511, 512, 513, 3000})
      for (const bool descending : {false, true}) {
        const Tensor x = with_special_values(n, dtype);
        const auto [values, indices] = x.sort(0, descending);
        const Tensor plain_values = empty_like(x), plain_indices = empty_like(indices);
        plain::kernels().sort(x.raw(), 0, descending, plain_values.raw(), plain_indices.raw());
        EXPECT_TRUE(equal(indices, plain_indices)) << dtype << " " << n;
        EXPECT_EQ(std::memcmp(values.data_ptr(), plain_values.data_ptr(),
                              static_cast<size_t>(n * item_size(dtype))),
                  0)
            << dtype << " " << n;
      }
}

TEST(Fill, WithZerosOfBothSigns) {
  for (const int64_t n : {3, 100, 100'000}) {
    const Tensor x = full({n}, 7.0);
    EXPECT_TRUE(x.zero_().eq(0).all().item<bool>());
    EXPECT_TRUE((1 / x.fill_(-0.0)).eq(-INFINITY).all().item<bool>());
  }
}

TEST(Where, ChoosesBits) {
  for (const Dtype dtype : kAll) {
    const Tensor a = counted(1, 1000, kInt64).remainder(2).to(dtype), b = (1 - a.to(kInt64)).to(dtype);
    const Tensor mask = counted(1, 1000, kInt64) > 125;
    const Tensor chosen = where(mask, a, b);
    EXPECT_EQ(chosen.dtype(), dtype);
    for (int64_t i = 0; i < 1000; ++i)
      ASSERT_EQ(chosen[0][i].item<double>(), (mask[0][i].item<bool>() ? a : b)[0][i].item<double>()) << dtype;
  }
}

TEST(Pointwise, OnOperandsOfAllStrides) {
  for (int64_t rows : kSizes)
    for (int64_t columns : kSizes) {
      const Tensor a = counted(rows, columns, kFloat64), b = counted(columns, rows, kFloat64) * 1000;
      const Tensor column = counted(rows, 1, kFloat64), row = counted(1, columns, kFloat64) * 0.5;
      const Tensor transposed = b.t().contiguous();
      EXPECT_TRUE(equal(a + b.t(), a + transposed));
      EXPECT_TRUE(equal(b.t() * column, transposed * column));
      EXPECT_TRUE(equal(b.t() - row, transposed - row));
      EXPECT_TRUE(equal(where(b.t() > 3000, a, row), where(transposed > 3000, a, row)));
      Tensor into = zeros({rows, 3 * columns}, kFloat64);
      into.slice(1, 1, 3 * columns, 3).add_(b.t()).mul_(column);
      EXPECT_TRUE(equal(into.slice(1, 1, 3 * columns, 3).contiguous(), transposed * column));
      EXPECT_EQ(into.sum().item<double>(), (transposed * column).sum().item<double>());
    }
}

// The elements are integers, so every partial sum is exact.
TEST(Reductions, OfEveryLength) {
  for (Dtype dtype : {kFloat32, kFloat64, kInt64})
    for (int64_t n = 1; n < 1500; n += n < 300 ? 1 : 97) {
      const Tensor x = (arange(n) % 251 - 100).to(dtype), matrix = stack({x, -x, x});
      int64_t sum = 0, squares = 0;
      for (int64_t i = 0; i < n; ++i) sum += i % 251 - 100, squares += (i % 251 - 100) * (i % 251 - 100);
      const int64_t largest = std::min<int64_t>(n - 1, 250) - 100;
      EXPECT_EQ(x.sum().item<int64_t>(), sum) << dtype << " " << n;
      EXPECT_EQ(matrix.sum({1})[1].item<int64_t>(), -sum) << dtype << " " << n;
      EXPECT_EQ(matrix.sum({0})[n - 1].item<int64_t>(), (n - 1) % 251 - 100) << dtype << " " << n;
      if (dtype != kInt64) {
        const double length = std::sqrt(static_cast<double>(squares));
        EXPECT_NEAR(x.norm().item<double>(), length, 1e-7 * length) << dtype << " " << n;
        EXPECT_NEAR(matrix.norm(2, {1})[1].item<double>(), length, 1e-7 * length) << dtype << " " << n;
        const double last = std::abs(static_cast<double>((n - 1) % 251 - 100)) * std::sqrt(3.0);
        EXPECT_NEAR(matrix.norm(2, {0})[n - 1].item<double>(), last, 1e-7 * last) << dtype << " " << n;
      }
      EXPECT_EQ(x.max().item<int64_t>(), largest) << dtype << " " << n;
      EXPECT_EQ(x.min().item<int64_t>(), -100) << dtype << " " << n;
      EXPECT_EQ(x.argmax().item<int64_t>(), largest + 100) << dtype << " " << n;
      EXPECT_EQ(matrix.argmax(1)[1].item<int64_t>(), 0) << dtype << " " << n;
    }
}

TEST(Reductions, FindNanAndTheFirstOfEqualElements) {
  for (Dtype dtype : {kFloat32, kFloat64})
    for (int64_t n : {1, 7, 30, 64, 65, 130, 1000})
      for (int64_t at = 0; at < n; ++at) {
        Tensor x = zeros({n}, dtype);
        x[at] = 1;
        x[n - 1] = 1;
        EXPECT_EQ(x.argmax().item<int64_t>(), at);
        EXPECT_EQ((-x).argmin().item<int64_t>(), at);
        x[at] = std::numeric_limits<double>::quiet_NaN();
        EXPECT_TRUE(std::isnan(x.max().item<double>())) << n << " " << at;
        EXPECT_TRUE(std::isnan(x.min().item<double>())) << n << " " << at;
        EXPECT_EQ(x.argmax().item<int64_t>(), at);
        EXPECT_EQ(x.argmin().item<int64_t>(), at);
      }
}

// The error of a pairwise sum grows with log n. The error of a chain of additions grows with n, and would be
// some hundred units here.
TEST(Reductions, OfManyTermsAreAccurate) {
  const Tensor x = full({3'000'000}, 0.1f);
  const double exact = 3e6 * static_cast<double>(0.1f);
  EXPECT_NEAR(x.sum().item<double>(), exact, 4 * 0.03125);  // the last place of a float of this size is 1/32
  EXPECT_NEAR(x.norm().item<double>(), std::sqrt(exact * static_cast<double>(0.1f)), 1e-4);
  EXPECT_NEAR(x.view({3000, 1000}).sum({0}).sum().item<double>(), exact, 4 * 0.03125);
}

#if GRADUS_HAVE_FAST
TEST(Pointwise, OnlyFormulasBoundByComputationAreCompiledForTheWidestVectors) {
  using namespace formulas;
  EXPECT_TRUE(cpu::is_compute_bound<Exp> && cpu::is_compute_bound<Pow> && cpu::is_compute_bound<SlopeB<Pow>>);
  EXPECT_TRUE(cpu::is_compute_bound<Slope<Sin>> && cpu::is_compute_bound<Slope<Expm1>>);
  EXPECT_FALSE(cpu::is_compute_bound<Add> || cpu::is_compute_bound<Floor> || cpu::is_compute_bound<Sqrt>);
  EXPECT_FALSE(cpu::is_compute_bound<Slope<Square>> || cpu::is_compute_bound<Slope<Tanh>>);
}
#endif

// ---- The environment variable --------------------------------------------------------------------------------------

/// Ends this process. The status is 0 if the variable chooses the plain kernels, 1 if it chooses the fast
/// ones, and 2 for an Error, whose message is printed.
[[noreturn]] void exit_with_choice(const char* value) {
  setenv("GRADUS_KERNELS", value, /*overwrite=*/1);
  try {
    std::exit(&kernels_for(DeviceType::CPU) == &plain::kernels() ? 0 : 1);
  } catch (const Error& error) {
    std::cerr << error.what();
    std::exit(2);
  }
}

TEST(KernelsVariable, ChoosesTheTable) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a new process: the choice is made once in each
  EXPECT_EXIT(exit_with_choice("plain"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit_with_choice("quick"), testing::ExitedWithCode(2),
              "GRADUS_KERNELS is \"quick\"; it must be \"plain\", \"fast\" or unset");
#if GRADUS_HAVE_FAST
  EXPECT_EXIT(exit_with_choice("fast"), testing::ExitedWithCode(1), "");
  EXPECT_EXIT(exit_with_choice(""), testing::ExitedWithCode(1), "");
#else
  EXPECT_EXIT(exit_with_choice("fast"), testing::ExitedWithCode(2), "GRADUS_FAST=OFF");
  EXPECT_EXIT(exit_with_choice(""), testing::ExitedWithCode(0), "");
#endif
}

}  // namespace
