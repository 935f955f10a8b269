// Products by BLAS: gemm for matrices and gemv for a matrix and a vector. BLAS reads row-major
// matrices and their transposes; matrices with other strides are copied first.
#if GRADUS_HAVE_BLAS

#include <cblas.h>

#include <climits>

#include "kernels/cpu/loops.h"
#include "kernels/cpu/matmul.h"

namespace gradus::cpu {
namespace {

/// How a matrix is described to BLAS: as row-major, or as the transpose of a row-major matrix.
struct Layout {
  CBLAS_TRANSPOSE transpose;
  int64_t leading = 0;  // distance from one row (or column) to the next; 0 if BLAS cannot read these strides
};

template <class T>
Layout layout_of(const Matrix<T>& m) {
  const int64_t rows = m.rows, columns = m.columns;
  if ((m.column_stride == 1 || columns == 1) && (m.row_stride >= columns || rows == 1))
    return {CblasNoTrans, rows == 1 ? std::max<int64_t>(columns, 1) : m.row_stride};
  if ((m.row_stride == 1 || rows == 1) && (m.column_stride >= rows || columns == 1))
    return {CblasTrans, columns == 1 ? std::max<int64_t>(rows, 1) : m.column_stride};
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

void gemv(Layout a, int rows, int columns, const float* A, const float* x, int step_x, float* y, int step_y) {
  cblas_sgemv(CblasRowMajor, a.transpose, rows, columns, 1, A, static_cast<int>(a.leading), x, step_x, 0, y,
              step_y);
}
void gemv(Layout a, int rows, int columns, const double* A, const double* x, int step_x, double* y,
          int step_y) {
  cblas_dgemv(CblasRowMajor, a.transpose, rows, columns, 1, A, static_cast<int>(a.leading), x, step_x, 0, y,
              step_y);
}

/// c = A b for a single column b; b and c need steps that BLAS accepts.
template <class T>
void blas_vector(Layout la, const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  int rows = static_cast<int>(a.rows), columns = static_cast<int>(a.columns);
  if (la.transpose == CblasTrans) std::swap(rows, columns);  // gemv wants the shape in memory
  gemv(la, rows, columns, a.data, b.data, static_cast<int>(b.row_stride), c.data,
       static_cast<int>(c.row_stride));
}

/// Multiplications from which BLAS may use threads: 128³. OpenBLAS itself would start at 2¹⁸, which
/// is 5 µs of work. To wake a second thread takes as long, and a thousand times longer if other
/// programs occupy its processor.
constexpr int64_t kSharedProduct = int64_t{1} << 21;

}  // namespace

template <class T>
void multiply_by_blas(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns == 0) return fill_zero(c);
  if (std::max({a.rows, a.columns, b.columns, a.row_stride, a.column_stride, b.row_stride, b.column_stride,
                c.row_stride, c.column_stride}) > INT_MAX)
    return multiply_in_tiles(a, b, c);  // BLAS counts in 32 bits
  const Layout la = layout_of(a), lb = layout_of(b), lc = layout_of(c);
  if (lc.leading == 0) {  // neither rows nor columns are contiguous: multiply into a copy
    const OwnMatrix<T> rows(c.rows, c.columns);
    multiply_by_blas<T>(a, b, rows.matrix);
    assign<T>(c, rows.matrix);
  } else if (la.leading == 0) {
    multiply_by_blas<T>(OwnMatrix<T>(a).matrix, b, c);
  } else if (c.columns == 1 && b.row_stride > 0 && c.row_stride > 0) {
    blas_vector(la, a, b, c);
  } else if (lb.leading == 0) {
    multiply_by_blas<T>(a, OwnMatrix<T>(b).matrix, c);
  } else if (lc.transpose == CblasTrans ||
             (c.rows == 1 && c.columns > 1 && a.column_stride > 0 && c.column_stride > 0)) {
    multiply_by_blas(b.transposed(), a.transposed(), c.transposed());  // Cᵀ = Bᵀ Aᵀ
  } else {
    const OneThreadIf one_thread(c.rows * c.columns * a.columns < kSharedProduct);
    gemm(la, lb, static_cast<int>(c.rows), static_cast<int>(c.columns), static_cast<int>(a.columns), a.data,
         b.data, c.data, static_cast<int>(lc.leading));
  }
}

template void multiply_by_blas(const Matrix<const float>&, const Matrix<const float>&, const Matrix<float>&);
template void multiply_by_blas(const Matrix<const double>&, const Matrix<const double>&,
                               const Matrix<double>&);

}  // namespace gradus::cpu

#endif
