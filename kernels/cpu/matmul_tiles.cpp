// Product in tiles. A tile of B stays in cache while rows of A pass by, and the inner loop adds a
// multiple of a row of B to a row of C, which vectorises. Used for int64, for matrices too large for
// BLAS's 32-bit sizes, and in builds without BLAS.
#include "kernels/cpu/loops.h"
#include "kernels/cpu/matmul.h"

namespace gradus::cpu {

template <class T>
void multiply_in_tiles(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  constexpr int64_t depth = 64, width = 256;  // a tile of B has 64 or 128 KiB, for the second cache
  if (c.column_stride != 1) {                 // the inner loop runs along rows of B and C
    const OwnMatrix<T> rows(c.rows, c.columns);
    multiply_in_tiles<T>(a, b, rows.matrix);
    return assign<T>(c, rows.matrix);
  }
  if (b.column_stride != 1) return multiply_in_tiles<T>(a, OwnMatrix<T>(b).matrix, c);
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
#pragma GCC ivdep  // C does not overlap B
            for (int64_t j = 0; j < n; ++j) to[j] += factor * from[j];
          }
      }
  });
}

template void multiply_in_tiles(const Matrix<const float>&, const Matrix<const float>&, const Matrix<float>&);
template void multiply_in_tiles(const Matrix<const double>&, const Matrix<const double>&,
                                const Matrix<double>&);
template void multiply_in_tiles(const Matrix<const int64_t>&, const Matrix<const int64_t>&,
                                const Matrix<int64_t>&);

}  // namespace gradus::cpu
