// Matrix product C = A B, A (m, k), B (k, n), batched over leading dimensions.
//
//   v1 three loops   one output after the other: 2k flops, 2k loads, and B is read down its columns.
//   v2 tiles         blocks of B stay in cache while rows of A pass by; the inner loop runs along rows of B and C and
//                    vectorises. Serves int64, and everything in a build without BLAS.
//   v3 BLAS          gemm and gemv: tiles for each level of cache and a kernel in registers, per processor.
//
// matmul() takes v3 for floating point, except where the call would cost more than the product: then small_product(),
// v2's inner loop with a block of C in registers.
#include <cstring>
#include <vector>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"

#if GRADUS_HAVE_BLAS
#include <cblas.h>
#endif

namespace gradus::cpu {
namespace {

/// One matrix: element (i, j) is at data[i·row + j·column].
template <class T>
struct Matrix {
  T* data;
  int64_t rows, columns, row, column;

  T& operator()(int64_t i, int64_t j) const { return data[i * row + j * column]; }
  Matrix transposed() const { return {data, columns, rows, column, row}; }
};

template <class T>
Matrix<T> last_two(const View& view) {
  const int d = view.dim - 2;
  return {view.as<T>(), view.sizes[d], view.sizes[d + 1], view.strides[d], view.strides[d + 1]};
}

/// Calls product(a, b, out) on each matrix of the batch, in parallel where there are enough of them.
template <class T, class Product>
void for_each_matrix(const View& a, const View& b, const View& out, const Product& product) {
  const Matrix<const T> a0 = last_two<const T>(a), b0 = last_two<const T>(b);
  const Matrix<T> out0 = last_two<T>(out);
  if (out.dim == 2) return product(a0, b0, out0);
  View batch_a = a, batch_b = b, batch_out = out;
  batch_a.dim = batch_b.dim = batch_out.dim = static_cast<uint8_t>(out.dim - 2);
  const LoopNest<3> batch(batch_out, batch_a, batch_b);
  const int64_t* steps = batch.column_strides();
  const int64_t multiplications = batch.count * out0.rows * out0.columns * a0.columns;
  if (batch.count == 0) return;
  parallel_ranges(batch.count, multiplications / 8, [&](int64_t begin, int64_t end) {
    batch.rows(begin, end, [&](const int64_t* offsets, int64_t count) {
      Matrix<T> c = out0;
      Matrix<const T> x = a0, y = b0;
      for (int64_t i = 0; i < count; ++i) {
        c.data = out0.data + offsets[0] + i * steps[0];
        x.data = a0.data + offsets[1] + i * steps[1];
        y.data = b0.data + offsets[2] + i * steps[2];
        product(x, y, c);
      }
    });
  });
}

template <class T>
void fill_zero(const Matrix<T>& c) {
  for (int64_t i = 0; i < c.rows; ++i)
    for (int64_t j = 0; j < c.columns; ++j) c(i, j) = T(0);
}

// ---- v1 three loops -----------------------------------------------------------------------------------------------

template <class T>
void three_loops(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  for (int64_t i = 0; i < c.rows; ++i)
    for (int64_t j = 0; j < c.columns; ++j) {
      T sum = 0;
      for (int64_t p = 0; p < a.columns; ++p) sum += a(i, p) * b(p, j);
      c(i, j) = sum;
    }
}

// ---- v2 tiles -----------------------------------------------------------------------------------------------------

/// A copy of a matrix with its rows one after another, made only if it does not lie like that already.
template <class T>
struct RowMajor {
  std::vector<T> copy;
  Matrix<const T> matrix;

  explicit RowMajor(const Matrix<const T>& source) : matrix(source) {
    if (source.column == 1) return;
    copy.resize(static_cast<size_t>(source.rows * source.columns));
    matrix = {copy.data(), source.rows, source.columns, source.columns, 1};
    T* to = copy.data();
    for (int64_t i = 0; i < source.rows; ++i)
      for (int64_t j = 0; j < source.columns; ++j) *to++ = source(i, j);
  }
};

template <class T>
void tiles(const Matrix<const T>& a, const Matrix<const T>& b_any, const Matrix<T>& c) {
  constexpr int64_t depth = 64, width = 256;  // a tile of B: 64 × 256 numbers, 64 or 128 KiB, for the second cache
  if (c.column != 1 && c.columns > 1) {       // the inner loop writes along rows of C
    std::vector<T> rows(static_cast<size_t>(c.rows * c.columns));
    const Matrix<T> whole{rows.data(), c.rows, c.columns, c.columns, 1};
    tiles(a, b_any, whole);
    for (int64_t i = 0; i < c.rows; ++i)
      for (int64_t j = 0; j < c.columns; ++j) c(i, j) = whole(i, j);
    return;
  }
  const RowMajor<T> b_rows(b_any);
  const Matrix<const T>& b = b_rows.matrix;
  fill_zero(c);
  parallel_ranges(c.rows, c.rows * c.columns * a.columns / 8, [&](int64_t first_row, int64_t last_row) {
    for (int64_t j0 = 0; j0 < c.columns; j0 += width)
      for (int64_t p0 = 0; p0 < a.columns; p0 += depth) {
        const int64_t n = std::min(width, c.columns - j0), p1 = std::min(p0 + depth, a.columns);
        for (int64_t i = first_row; i < last_row; ++i)
          for (int64_t p = p0; p < p1; ++p) {
            const T factor = a(i, p);
            const T* from = &b(p, j0);
            T* to = &c(i, j0);
#pragma GCC ivdep  // C is not B
            for (int64_t j = 0; j < n; ++j) to[j] += factor * from[j];
          }
      }
  });
}

// ---- v3 BLAS ------------------------------------------------------------------------------------------------------

#if GRADUS_HAVE_BLAS

/// How BLAS is told of a matrix: as it lies (rows), or as the transpose of how it lies (columns one after another).
struct Layout {
  CBLAS_TRANSPOSE transpose;
  int64_t leading = 0;  // distance from one row (or column) to the next; 0 if BLAS cannot read these strides
};

template <class T>
Layout layout_of(const Matrix<T>& m) {
  const int64_t rows = m.rows, columns = m.columns;
  if ((m.column == 1 || columns == 1) && (m.row >= columns || rows == 1))
    return {CblasNoTrans, rows == 1 ? std::max<int64_t>(columns, 1) : m.row};
  if ((m.row == 1 || rows == 1) && (m.column >= rows || columns == 1))
    return {CblasTrans, columns == 1 ? std::max<int64_t>(rows, 1) : m.column};
  return {CblasNoTrans, 0};
}

void gemm(Layout a, Layout b, int m, int n, int k, const float* A, const float* B, float* C, int ldc) {
  cblas_sgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, 1, A, static_cast<int>(a.leading), B,
              static_cast<int>(b.leading), 0, C, ldc);
}
void gemm(Layout a, Layout b, int m, int n, int k, const double* A, const double* B, double* C, int ldc) {
  cblas_dgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, 1, A, static_cast<int>(a.leading), B,
              static_cast<int>(b.leading), 0, C, ldc);
}

template <class T>
void blas(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns == 0) return fill_zero(c);
  const Layout la = layout_of(a), lb = layout_of(b), lc = layout_of(c);
  if (lc.leading == 0) {  // neither rows nor columns lie together: multiply beside it, then copy
    std::vector<T> rows(static_cast<size_t>(c.rows * c.columns));
    const Matrix<T> whole{rows.data(), c.rows, c.columns, c.columns, 1};
    blas(a, b, whole);
    for (int64_t i = 0; i < c.rows; ++i)
      for (int64_t j = 0; j < c.columns; ++j) c(i, j) = whole(i, j);
  } else if (lc.transpose == CblasTrans) {
    blas(b.transposed(), a.transposed(), c.transposed());  // Cᵀ = Bᵀ Aᵀ
  } else if (la.leading == 0) {
    const Matrix<const T> columns_ok{a.data, a.rows, a.columns, a.row, a.column};
    std::vector<T> rows(static_cast<size_t>(a.rows * a.columns));
    for (int64_t i = 0; i < a.rows; ++i)
      for (int64_t j = 0; j < a.columns; ++j) rows[static_cast<size_t>(i * a.columns + j)] = columns_ok(i, j);
    blas(Matrix<const T>{rows.data(), a.rows, a.columns, a.columns, 1}, b, c);
  } else if (lb.leading == 0) {
    const RowMajor<T> copy(b);
    std::vector<T> rows;
    if (copy.copy.empty()) {
      rows.resize(static_cast<size_t>(b.rows * b.columns));
      for (int64_t i = 0; i < b.rows; ++i)
        for (int64_t j = 0; j < b.columns; ++j) rows[static_cast<size_t>(i * b.columns + j)] = b(i, j);
    }
    const T* data = rows.empty() ? copy.matrix.data : rows.data();
    blas(a, Matrix<const T>{data, b.rows, b.columns, b.columns, 1}, c);
  } else {
    gemm(la, lb, static_cast<int>(c.rows), static_cast<int>(c.columns), static_cast<int>(a.columns), a.data, b.data,
         c.data, static_cast<int>(lc.leading));
  }
}

#endif

}  // namespace

void matmul_v1(const View& a, const View& b, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    if constexpr (std::same_as<T, bool>)
      no_kernel("matmul", "cpu", kBool);
    else
      for_each_matrix<T>(a, b, out, three_loops<T>);
  });
}

void matmul_v2(const View& a, const View& b, const View& out) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    if constexpr (std::same_as<T, bool>)
      no_kernel("matmul", "cpu", kBool);
    else
      for_each_matrix<T>(a, b, out, tiles<T>);
  });
}

void matmul_v3(const View& a, const View& b, const View& out) {
#if GRADUS_HAVE_BLAS
  visit_dtype(out.dtype, [&]<class T>(T) {
    if constexpr (std::floating_point<T>)
      for_each_matrix<T>(a, b, out, blas<T>);
    else
      no_kernel("matmul", "cpu's BLAS", out.dtype);
  });
#else
  static_cast<void>(a), static_cast<void>(b);
  fail("matmul_v3: this build has no BLAS (", out.dtype, " asked for); use matmul_v2");
#endif
}

void matmul(const View& a, const View& b, const View& out) {
#if GRADUS_HAVE_BLAS
  if (is_floating_point(out.dtype)) return matmul_v3(a, b, out);
#endif
  matmul_v2(a, b, out);
}

}  // namespace gradus::cpu
