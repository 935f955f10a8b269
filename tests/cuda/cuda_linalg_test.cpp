// The CUDA kernels of linear algebra. Factorisations are checked by their definition, and compared
// with the CPU's where they are unique. There are sizes below and above a warp, a block, and the size
// of shared memory.
#include <set>

#include "arrays.h"

namespace {

double element(const Array& x, int64_t b, int64_t i, int64_t j) {
  const View& view = x.host();
  return visit_dtype(view.dtype, [&]<class T>(T) {
    return static_cast<double>(view.as<T>()[b * view.strides[0] + i * view.strides[1] + j * view.strides[2]]);
  });
}

/// max |XᵀX - 1| over the matrices of a batch
double off_orthonormal(const Array& x) {
  double worst = 0;
  const int64_t* sizes = x.host().sizes;
  for (int64_t b = 0; b < sizes[0]; ++b)
    for (int64_t i = 0; i < sizes[2]; ++i)
      for (int64_t j = 0; j < sizes[2]; ++j) {
        double dot = i == j ? -1 : 0;
        for (int64_t k = 0; k < sizes[1]; ++k) dot += element(x, b, k, i) * element(x, b, k, j);
        worst = std::max(worst, std::abs(dot));
      }
  return worst;
}

double tolerance_for(Dtype dtype, int64_t n) {
  return 40 * epsilon(dtype) * std::sqrt(static_cast<double>(n + 1));
}

/// Calls f(b, i, j) for each element of matrices (batch, rows, columns).
template <class F>
void for_each(const Array& x, const F& f) {
  const int64_t* sizes = x.host().sizes;
  for (int64_t b = 0; b < sizes[0]; ++b)
    for (int64_t i = 0; i < sizes[1]; ++i)
      for (int64_t j = 0; j < sizes[2]; ++j) f(b, i, j);
}

/// Calls f(dtype, layout, n, batch) for square matrices of all kinds.
template <class F>
void for_all_squares(const F& f) {
  for (const Dtype dtype : {kFloat32, kFloat64})
    for (const auto& [batch, n] : {std::pair{3, 1}, {3, 2}, {2, 5}, {2, 33}, {1, 65}, {0, 4}, {3, 0}})
      for (const Layout layout : n > 5 ? std::vector{Layout::contiguous, Layout::transposed}
                                       : std::vector(std::begin(kLayouts), std::end(kLayouts)))
        f(dtype, layout, n, batch);
  for (const Dtype dtype : {kFloat32, kFloat64})
    f(dtype, Layout::contiguous, 115, 1);  // too large for shared memory
}

std::string describe_square(const char* op, int64_t batch, int64_t n, Dtype dtype, Layout layout) {
  return describe(op, {batch, n, n}, dtype, layout);
}

/// Matrices of one column as a batch of vectors, for outputs of kernels.
View vectors_of(View view) {
  view.dim = 2;
  return view;
}

}  // namespace

// ---- P A = L U ---------------------------------------------------------------------------------------------------

namespace {

struct Lu {
  Array lu, permutation;
  explicit Lu(const Array& a, Layout layout = Layout::contiguous)
      : lu({a.host().sizes[0], a.host().sizes[1], a.host().sizes[1]}, a.host().dtype, layout),
        permutation({a.host().sizes[0], a.host().sizes[1], 1}, kInt64) {
    on_cuda().lu(a.device(), lu.device(), vectors_of(permutation.device()));
    lu.download(), permutation.download();
  }
};

/// Expects for each matrix the numbers 0 … n - 1 in some order.
void expect_permutation(const Array& permutation, const std::string& what) {
  const int64_t n = permutation.host().sizes[1];
  for (int64_t b = 0; b < permutation.host().sizes[0]; ++b) {
    std::set<double> rows;
    for (int64_t i = 0; i < n; ++i) rows.insert(element(permutation, b, i, 0));
    EXPECT_EQ(static_cast<int64_t>(rows.size()), n) << what;
    EXPECT_TRUE(n == 0 || (*rows.begin() == 0 && *rows.rbegin() == static_cast<double>(n - 1))) << what;
  }
}

void check_lu(const Array& a, Layout layout, const std::string& what) {
  const Lu result(a, layout);
  const int64_t n = a.host().sizes[1];
  expect_permutation(result.permutation, what);
  for_each(a, [&](int64_t b, int64_t i, int64_t j) {
    if (i > j) {
      ASSERT_LE(std::abs(element(result.lu, b, i, j)), 1)
          << what << ": the pivot is not the largest of its column";
    }
    double sum = 0;
    for (int64_t k = 0; k <= std::min(i, j); ++k)
      sum += (k == i ? 1 : element(result.lu, b, i, k)) * element(result.lu, b, k, j);
    const auto row = static_cast<int64_t>(element(result.permutation, b, i, 0));
    ASSERT_NEAR(sum, element(a, b, row, j), tolerance_for(a.host().dtype, n) * 4) << what;
  });
}

}  // namespace

TEST_F(CudaKernels, LuOfBatches) {
  for_all_squares([](Dtype dtype, Layout layout, int64_t n, int64_t batch) {
    const Array a({batch, n, n}, dtype, layout);
    check_lu(a, layout == Layout::expanded ? Layout::strided : layout,
             describe_square("lu", batch, n, dtype, layout));
  });
}

TEST_F(CudaKernels, LuEqualsTheCpus) {
  for (const int64_t n : {2, 5, 33}) {
    Array a({3, n, n}, kFloat64), lu({3, n, n}, kFloat64), permutation({3, n}, kInt64);
    on_cpu().lu(a.host(), lu.host(), permutation.host());
    on_cuda().lu(a.device(), lu.device(), permutation.device());
    permutation.expect_equal(0, "permutation");
    lu.expect_equal(1e-9, "lu");
  }
}

TEST_F(CudaKernels, LuOfSingularMatricesLeavesAZeroPivot) {
  const auto zero_pivots = [](double (*value)(int64_t i, int64_t j)) {
    Array a({1, 4, 4}, kFloat64);
    a.each_at([&](int64_t, int64_t i, int64_t j, double) { return value(i, j); });
    check_lu(a, Layout::contiguous, "lu of a singular matrix");
    const Lu result(a);
    std::vector<int64_t> zeros;
    for (int64_t k = 0; k < 4; ++k)
      if (element(result.lu, 0, k, k) == 0) zeros.push_back(k);
    return zeros;
  };
  EXPECT_EQ(zero_pivots([](int64_t, int64_t) { return 0.0; }), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(zero_pivots([](int64_t i, int64_t j) { return static_cast<double>((i + 1) * (1 << j)); }),
            (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(zero_pivots([](int64_t i, int64_t j) { return i == j && i != 2 ? 3.0 : 0.0; }),
            (std::vector<int64_t>{2}));
}

TEST_F(CudaKernels, LuWithANaNHasAPermutation) {
  for (const int64_t bad : {0, 17, 32}) {
    Array a({1, 33, 33}, kFloat32);
    a.each_at([=](int64_t, int64_t i, int64_t j, double v) { return i == bad && j == 5 ? NAN : v; });
    const Lu result(a);
    expect_permutation(result.permutation, "lu with a NaN");
    EXPECT_TRUE(std::isnan(element(result.lu, 0, 32, 32)));
    EXPECT_FALSE(std::isnan(element(result.lu, 0, 4, 4)));
  }
}

// ---- A = L Lᵀ ----------------------------------------------------------------------------------------------------

namespace {

/// Makes a positive definite, with eigenvalues around 1. Elements above the diagonal become NaN, since no
/// kernel may read them.
void make_positive_definite(Array& a) {
  const auto n = static_cast<double>(a.host().sizes[1]);
  a.each_at([=](int64_t, int64_t i, int64_t j, double v) {
    return i < j ? NAN : i == j ? 1 + std::abs(v) : v / (2 * n);
  });
}

void check_cholesky(const Array& a, Layout layout, const std::string& what) {
  const View& view = a.host();
  Array l({view.sizes[0], view.sizes[1], view.sizes[1]}, view.dtype, layout);
  on_cpu().cholesky(a.host(), l.host());
  on_cuda().cholesky(a.device(), l.device());
  l.expect_equal(tolerance_for(view.dtype, view.sizes[1]), what);
}

}  // namespace

TEST_F(CudaKernels, CholeskyOfBatches) {
  for_all_squares([](Dtype dtype, Layout layout, int64_t n, int64_t batch) {
    if (layout == Layout::expanded) return;  // all rows would be equal
    Array a({batch, n, n}, dtype, layout);
    make_positive_definite(a);
    check_cholesky(a, layout, describe_square("cholesky", batch, n, dtype, layout));
  });
}

TEST_F(CudaKernels, CholeskyMarksTheFirstMinorThatIsNotPositive) {
  for (const double pivot : {-1.0, 0.0, std::nan("")})
    for (const int64_t n : {1, 5, 33})
      for (const int64_t bad : {int64_t{0}, n / 2, n - 1}) {
        Array a({1, n, n}, kFloat64), l({1, n, n}, kFloat64);
        a.each_at([=](int64_t, int64_t i, int64_t j, double) {
          return i != j ? 0 : i == bad ? pivot : static_cast<double>(4 + i);
        });
        on_cuda().cholesky(a.device(), l.device());
        l.download();
        for (int64_t k = 0; k < bad; ++k)
          EXPECT_DOUBLE_EQ(element(l, 0, k, k), std::sqrt(static_cast<double>(4 + k)));
        EXPECT_TRUE(std::isnan(element(l, 0, bad, bad))) << pivot << " at " << bad << " of " << n;
      }
}

// ---- A X = B -----------------------------------------------------------------------------------------------------

namespace {

/// Solves well-conditioned systems. Elements of A that must not be read are NaN.
void check_solve(Dtype dtype, Layout layout, int64_t n, int64_t batch, int64_t columns, Triangle triangle) {
  const bool expanded = layout == Layout::expanded;
  Array a({batch, n, n}, dtype, expanded ? Layout::strided : layout), b({batch, n, columns}, dtype, layout),
      x({batch, n, columns}, dtype, expanded ? Layout::transposed : layout);
  a.each_at([=](int64_t, int64_t i, int64_t j, double v) {
    if (i == j) return triangle.unit ? NAN : v < 0 ? v - 1 : v + 1;
    return triangle.upper == (i < j) ? v / static_cast<double>(n) : NAN;
  });
  on_cpu().solve_triangular(a.host(), triangle, b.host(), x.host());
  on_cuda().solve_triangular(a.device(), triangle, b.device(), x.device());
  x.expect_equal(tolerance_for(dtype, n), describe_square("solve", batch, n, dtype, layout));
}

}  // namespace

TEST_F(CudaKernels, TriangularSystemsEqualTheCpus) {
  for_all_squares([](Dtype dtype, Layout layout, int64_t n, int64_t batch) {
    for (const bool upper : {false, true})
      for (const bool unit : {false, true})
        for (const int64_t columns : {0, 1, 3, 35})
          check_solve(dtype, layout, n, batch, columns, {upper, unit});
  });
}

TEST_F(CudaKernels, ZeroOnTheDiagonalDivides) {
  Array a({1, 2, 2}, kFloat64), b({1, 2, 1}, kFloat64), x({1, 2, 1}, kFloat64);
  a.each_at([](int64_t, int64_t i, int64_t j, double) { return i == 0 && j == 0 ? 0.0 : 1.0; });
  b.each([](double) { return 1.0; });
  on_cuda().solve_triangular(a.device(), {.upper = false, .unit = false}, b.device(), x.device());
  x.download();
  EXPECT_EQ(element(x, 0, 0, 0), INFINITY);
  EXPECT_EQ(element(x, 0, 1, 0), -INFINITY);
}

// ---- A = Q R -----------------------------------------------------------------------------------------------------

namespace {

/// Expects A = Q R, orthonormal Q, and R upper triangular. If `like_cpu`, expects the Q and R of LAPACK.
void check_qr(const Array& a, bool complete, const std::string& what, bool like_cpu = false) {
  const int64_t batch = a.host().sizes[0], m = a.host().sizes[1], n = a.host().sizes[2];
  const int64_t k = complete ? m : std::min(m, n);
  const Dtype dtype = a.host().dtype;
  Array q({batch, m, k}, dtype, Layout::strided), r({batch, k, n}, dtype, Layout::transposed);
  if (like_cpu) on_cpu().qr(a.host(), q.host(), r.host());
  on_cuda().qr(a.device(), q.device(), r.device());
  const double tolerance = tolerance_for(dtype, std::max(m, n));
  if (like_cpu) q.expect_equal(tolerance, what + ": Q"), r.expect_equal(tolerance, what + ": R");
  q.download(), r.download();
  EXPECT_LE(off_orthonormal(q), tolerance) << what;
  double size = 0;
  for_each(a, [&](int64_t b, int64_t i, int64_t j) { size = std::max(size, std::abs(element(a, b, i, j))); });
  for_each(a, [&](int64_t b, int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t c = 0; c < k; ++c) sum += element(q, b, i, c) * element(r, b, c, j);
    ASSERT_NEAR(sum, element(a, b, i, j), tolerance * size) << what;
  });
  for_each(r, [&](int64_t b, int64_t i, int64_t j) {
    if (i > j) {
      ASSERT_EQ(element(r, b, i, j), 0) << what;
    }
  });
}

}  // namespace

TEST_F(CudaKernels, QrOfTallAndWideMatrices) {
  for (const Dtype dtype : {kFloat32, kFloat64})
    for (const bool complete : {false, true}) {
      for (const Layout layout : kLayouts)
        for (const Shape& shape : {Shape{3, 1, 1}, Shape{2, 2, 2}, Shape{3, 5, 3}, Shape{2, 4, 7},
                                   Shape{0, 3, 3}, Shape{2, 3, 0}, Shape{2, 0, 3}, Shape{2, 3, 1}})
          check_qr(Array(shape, dtype, layout), complete, describe("qr", shape, dtype, layout));
      for (const Shape& shape : {Shape{3, 33, 5}, Shape{2, 33, 33}, Shape{1, 65, 40}, Shape{1, 90, 70}})
        check_qr(Array(shape, dtype), complete, describe("qr", shape, dtype, Layout::contiguous),
                 shape[1] < 60);
    }
}

TEST_F(CudaKernels, QrOfSpecialMatrices) {
  for (const Dtype dtype : {kFloat32, kFloat64})
    for (const double scale : {1e-30, 1.0, 1e30})
      for (const Shape& shape : {Shape{1, 6, 4}, Shape{1, 5, 5}, Shape{1, 3, 6}}) {
        Array x(shape, dtype);
        const auto check = [&](const char* what, auto value, bool like_cpu = false) {
          x.each_at([=](int64_t, int64_t i, int64_t j, double) { return value(i, j) ? scale : 0.0; });
          check_qr(x, true, what, like_cpu);
        };
        check(
            "qr of zeros", [](int64_t, int64_t) { return false; }, true);
        check("qr of rank 1", [](int64_t, int64_t) { return true; });
        check(
            "qr of a diagonal", [](int64_t i, int64_t j) { return i == j; }, true);
        check("qr of one row", [](int64_t i, int64_t) { return i == 1; });
      }
}

// ---- A = V diag(w) Vᵀ --------------------------------------------------------------------------------------------

namespace {

/// Expects A = V diag(w) Vᵀ, orthonormal V, ascending w, and the w of the CPU. Only A's lower
/// triangle is read.
void check_eigh(const Array& a, const std::string& what) {
  const int64_t batch = a.host().sizes[0], n = a.host().sizes[1];
  const Dtype dtype = a.host().dtype;
  Array w({batch, n, 1}, dtype, Layout::strided), v({batch, n, n}, dtype, Layout::transposed);
  Array vectors({batch, n, n}, dtype);
  on_cpu().eigh(a.host(), vectors_of(w.host()), vectors.host());
  on_cuda().eigh(a.device(), vectors_of(w.device()), v.device());
  double size = 0;
  for_each(a, [&](int64_t b, int64_t i, int64_t j) {
    if (i >= j) size = std::max(size, std::abs(element(a, b, i, j)));
  });
  const double tolerance = tolerance_for(dtype, n);
  w.expect_equal(tolerance * size, what + ": w");
  w.download(), v.download();
  EXPECT_LE(off_orthonormal(v), tolerance) << what;
  for_each(a, [&](int64_t b, int64_t i, int64_t j) {
    if (i > 0) {
      ASSERT_LE(element(w, b, i - 1, 0), element(w, b, i, 0)) << what;
    }
    double sum = 0;
    for (int64_t k = 0; k < n; ++k) sum += element(v, b, i, k) * element(w, b, k, 0) * element(v, b, j, k);
    ASSERT_NEAR(sum, element(a, b, std::max(i, j), std::min(i, j)), tolerance * size) << what;
  });
}

}  // namespace

TEST_F(CudaKernels, EighOfBatches) {
  for_all_squares([](Dtype dtype, Layout layout, int64_t n, int64_t batch) {
    Array a({batch, n, n}, dtype, layout);
    if (layout != Layout::expanded)
      a.each_at([](int64_t, int64_t i, int64_t j, double v) { return i < j ? NAN : v; });
    check_eigh(a, describe_square("eigh", batch, n, dtype, layout));
  });
}

TEST_F(CudaKernels, EighOfSpecialMatrices) {
  for (const Dtype dtype : {kFloat32, kFloat64})
    for (const double scale : {1e-30, 1.0, 1e30})
      for (const int64_t n : {4, 33}) {
        Array x({1, n, n}, dtype);
        const auto check = [&](const char* what, auto value) {
          x.each_at(
              [=](int64_t, int64_t i, int64_t j, double) { return i < j ? INFINITY : value(i, j) * scale; });
          check_eigh(x, what);
        };
        check("eigh of zeros", [](int64_t, int64_t) { return 0; });
        check("eigh of rank 1", [](int64_t, int64_t) { return 1; });
        check("eigh of a multiple of 1", [](int64_t i, int64_t j) { return i == j ? -2 : 0; });
        check("eigh of pairs ± 1", [=](int64_t i, int64_t j) { return i + j == n - 1 ? 1 : 0; });
        check("eigh of sizes far apart", [](int64_t i, int64_t j) { return std::exp2(-i - j); });
      }
}

// ---- A = U diag(S) Vᵀ --------------------------------------------------------------------------------------------

namespace {

/// Expects A = U diag(S) Vᵀ, orthonormal U and V, and descending S. If `full`, U and V are square.
void check_svd(const Array& a, bool full, const std::string& what) {
  const int64_t batch = a.host().sizes[0], m = a.host().sizes[1], n = a.host().sizes[2], k = std::min(m, n);
  const Dtype dtype = a.host().dtype;
  Array u({batch, m, full ? m : k}, dtype, Layout::strided), s({batch, k, 1}, dtype),
      v({batch, n, full ? n : k}, dtype, Layout::transposed);
  on_cuda().svd(a.device(), u.device(), vectors_of(s.device()), v.device());
  u.download(), s.download(), v.download();
  double size = 1;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < k; ++i) size = std::max(size, element(s, b, i, 0));
  const double tolerance = tolerance_for(dtype, std::max(m, n));
  EXPECT_LE(off_orthonormal(u), tolerance) << what << ": U";
  EXPECT_LE(off_orthonormal(v), tolerance) << what << ": V";
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t i = 0; i + 1 < k; ++i) ASSERT_GE(element(s, b, i, 0), element(s, b, i + 1, 0)) << what;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t c = 0; c < k; ++c)
          sum += element(u, b, i, c) * element(s, b, c, 0) * element(v, b, j, c);
        ASSERT_NEAR(sum, element(a, b, i, j), tolerance * size) << what;
      }
  }
}

}  // namespace

TEST_F(CudaKernels, SvdOfTallAndWideMatrices) {
  for (Dtype dtype : {kFloat32, kFloat64})
    for (Layout layout : kLayouts)
      for (bool full : {false, true})
        for (const Shape& shape :
             {Shape{3, 1, 1}, Shape{2, 2, 2}, Shape{5, 3, 2}, Shape{2, 4, 7}, Shape{1, 33, 5}, Shape{0, 3, 3},
              Shape{2, 3, 0}, Shape{2, 0, 3}, Shape{1, 17, 17}})
          check_svd(Array(shape, dtype, layout), full, describe("svd", shape, dtype, layout));
}

TEST_F(CudaKernels, SvdLargerThanSharedMemory) {
  check_svd(Array({2, 90, 60}, kFloat64), false, "svd of 90 × 60");
}

TEST_F(CudaKernels, SvdOfSpecialMatrices) {
  for (Dtype dtype : {kFloat32, kFloat64})
    for (double scale : {1e-15, 1.0, 1e15})
      for (const Shape& shape : {Shape{1, 6, 4}, Shape{1, 5, 5}, Shape{1, 3, 6}}) {
        Array x(shape, dtype);
        check_svd(x.each([](double) { return 0; }), true, "svd of zeros");
        check_svd(x.each([=](double) { return scale; }), true, "svd of rank 1");
        int64_t next = 0;
        check_svd(x.each([&](double) { return next++ % (shape[2] + 1) == 0 ? scale : 0; }), true,
                  "svd of a diagonal");
        next = 0;
        check_svd(x.each([&](double) { return next++ / shape[2] == 1 ? scale : 0; }), false,
                  "svd of one row");
      }
}

// ---- All of them -------------------------------------------------------------------------------------------------

TEST_F(CudaKernels, MoreMatricesThanBlocks) {
  constexpr int64_t batch = (1 << 12) + 3;
  const Array small({batch, 2, 2}, kFloat64);  // one warp for each matrix
  check_qr(small, false, "qr of many", /*like_cpu=*/true);
  check_eigh(small, "eigh of many");
  check_svd(small, false, "svd of many");
  check_solve(kFloat64, Layout::contiguous, 2, batch, 2, {.upper = true, .unit = false});
  Array larger({batch, 5, 5}, kFloat64);  // two warps for each matrix
  check_lu(larger, Layout::contiguous, "lu of many");
  make_positive_definite(larger);
  check_cholesky(larger, Layout::contiguous, "cholesky of many");
}
