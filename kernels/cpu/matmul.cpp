// Matrix product C = A B, A (m, k), B (k, n), batched over leading dimensions.
//
//   v1 three loops   one output after the other: 2k flops, 2k loads, and B is read down its columns.
//   v2 tiles         blocks of B stay in cache while rows of A pass by; the inner loop runs along rows of B and C and
//                    vectorises. Serves int64, and everything in a build without BLAS.
//   v3 BLAS          gemm and gemv: tiles for each level of cache and a kernel in registers, per processor.
//
// matmul() takes v3 for floating point, except where the call would cost more than the product: then thin_product(), with B
// in registers, or small_product(), with a block of C in them.
#include <climits>
#include <cstring>
#include <vector>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/wide.h"

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

template <class T>
void copy_elements(const Matrix<const T>& from, T* to) {
  for (int64_t i = 0; i < from.rows; ++i)
    for (int64_t j = 0; j < from.columns; ++j) *to++ = from(i, j);
}

/// A matrix with its rows one after another, copied from one that lies otherwise.
template <class T>
struct RowMajor {
  std::vector<T> elements;
  Matrix<T> matrix;

  RowMajor(int64_t rows, int64_t columns)
      : elements(static_cast<size_t>(rows * columns)), matrix{elements.data(), rows, columns, columns, 1} {}
  explicit RowMajor(const Matrix<const T>& source) : RowMajor(source.rows, source.columns) {
    copy_elements(source, elements.data());
  }

  Matrix<const T> read() const { return {elements.data(), matrix.rows, matrix.columns, matrix.row, 1}; }
  void copy_to(const Matrix<T>& target) const {
    for (int64_t i = 0; i < target.rows; ++i)
      for (int64_t j = 0; j < target.columns; ++j) target(i, j) = matrix(i, j);
  }
};

template <class T>
void tiles(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  constexpr int64_t depth = 64,
                    width = 256;  // a tile of B: 64 × 256 numbers, 64 or 128 KiB, for the second cache
  if (c.column != 1) {            // the inner loop runs along rows of B and C
    const RowMajor<T> rows(c.rows, c.columns);
    tiles(a, b, rows.matrix);
    return rows.copy_to(c);
  }
  if (b.column != 1) return tiles(a, RowMajor<T>(b).read(), c);
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
  if (la.transpose == CblasTrans) std::swap(rows, columns);  // gemv asks for the shape as it lies in memory
  gemv(la, rows, columns, a.data, b.data, static_cast<int>(b.row), c.data, static_cast<int>(c.row));
}

/// OpenBLAS starts sharing products at 2¹⁸ multiplications, 5 µs of work, which waking a second thread doubles at best, and
/// multiplies by thousands where other programs hold the processor that it is to run on. We let it from 128³ on.
constexpr int64_t kSharedProduct = int64_t{1} << 21;

template <class T>
void blas(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns == 0) return fill_zero(c);
  if (std::max({a.rows, a.columns, b.columns, a.row, a.column, b.row, b.column, c.row, c.column}) > INT_MAX)
    return tiles(a, b, c);  // BLAS counts in 32 bits
  const Layout la = layout_of(a), lb = layout_of(b), lc = layout_of(c);
  if (lc.leading == 0) {  // neither rows nor columns lie together: multiply beside it, then copy
    const RowMajor<T> rows(c.rows, c.columns);
    blas(a, b, rows.matrix);
    rows.copy_to(c);
  } else if (la.leading == 0) {
    blas(RowMajor<T>(a).read(), b, c);
  } else if (c.columns == 1 && b.row > 0 && c.row > 0) {
    blas_vector(la, a, b, c);
  } else if (lb.leading == 0) {
    blas(a, RowMajor<T>(b).read(), c);
  } else if (lc.transpose == CblasTrans || (c.rows == 1 && c.columns > 1 && a.column > 0 && c.column > 0)) {
    blas(b.transposed(), a.transposed(), c.transposed());  // Cᵀ = Bᵀ Aᵀ
  } else {
    const OneThreadIf one_thread(c.rows * c.columns * a.columns < kSharedProduct);
    gemm(la, lb, static_cast<int>(c.rows), static_cast<int>(c.columns), static_cast<int>(a.columns), a.data,
         b.data, c.data, static_cast<int>(lc.leading));
  }
}

#endif

// ---- products too small for BLAS ----------------------------------------------------------------------------------

constexpr int64_t kSmallFactor = 4096;  // elements of B, which is copied if it does not lie right

/// True if the call of BLAS would cost more than the product, as measured: up to 16³ multiplications with vectors of
/// 16 bytes, 40³ with 64.
template <class T>
bool is_small(const Matrix<const T>& a, const Matrix<const T>& b) {
  const int64_t wider = vectors::bytes / 16;
  return a.rows * a.columns * b.columns <= 4096 * wider * wider;
}

/// Do the rows of B lie in memory as small_product reads them, as whole vectors?
template <class T>
bool lies_in_vectors(const Matrix<const T>& b) {
  return b.column == 1 && b.columns % 4 == 0;
}

/// True if small_product need not copy B, or if the copy pays: not for few rows, nor to fill up a single column.
template <class T>
bool can_be_padded(const Matrix<const T>& a, const Matrix<const T>& b) {
  const int64_t elements = b.rows * (b.columns + 3);
  return elements <= kSmallFactor &&
         (elements <= (b.columns == 1 ? 64 : 256) || (b.columns > 1 && a.rows >= 4) || lies_in_vectors(b));
}

/// Writes a vector, or the first `count` of its numbers if it has more, to row i of C from column j on. A number of bytes
/// that the compiler knows is a store or two, not a loop.
template <class T, class Vector>
inline void store_columns(const Matrix<T>& c, int64_t i, int64_t j, const Vector& from, int64_t count) {
  constexpr int64_t width = sizeof(Vector) / sizeof(T);
  T* const to = &c(i, j);
  if (c.column == 1 && count >= width) {
    std::memcpy(to, &from, sizeof(Vector));
  } else if (c.column == 1 && width <= 4) {
    if (count == 1) std::memcpy(to, &from, sizeof(T));
    if (count == 2) std::memcpy(to, &from, 2 * sizeof(T));
    if constexpr (width == 4)
      if (count == 3) std::memcpy(to, &from, 3 * sizeof(T));
  } else {
    T numbers[width];
    std::memcpy(numbers, &from, sizeof(Vector));
    for (int64_t w = 0; w < std::min(count, width); ++w) to[w * c.column] = numbers[w];
  }
}

/// A block of C, R rows of V vectors of `bytes`, which stays in registers while k products are added to each element, in
/// `chains` separate sums. A step loads V vectors of B for R·V multiplications of vectors. An addition has to wait for the
/// last one of its own sum, four cycles long, so R·V·chains of them should be under way at once: eight.
template <int bytes, int R, int V, int chains, class T>
void small_block(const Matrix<const T> a, const Matrix<const T> b, const Matrix<T> c, int64_t i, int64_t j) {
  using Vector [[gnu::vector_size(bytes)]] = T;
  constexpr int width = bytes / sizeof(T);
  Vector sum[chains][R][V] = {};
  const auto add = [&](Vector(&to)[R][V], int64_t p) {
    Vector row[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) std::memcpy(&row[v], &b(p, j + v * width), bytes);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) to[r][v] += a(i + r, p) * row[v];
  };
  int64_t p = 0;
  for (; p + chains <= a.columns; p += chains)
#pragma GCC unroll 8
    for (int chain = 0; chain < chains; ++chain) add(sum[chain], p + chain);
  for (; p < a.columns; ++p) add(sum[0], p);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      Vector result = sum[0][r][v];
#pragma GCC unroll 8
      for (int chain = 1; chain < chains; ++chain) result += sum[chain][r][v];
      const int64_t first = j + v * width;
      store_columns(c, i + r, first, result, c.columns - first);
    }
}

/// All blocks of V vectors that fit into the columns from j on. Returns the first column that is left.
template <int bytes, int V, class T>
int64_t small_columns(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c, int64_t j) {
  constexpr int64_t width = V * bytes / sizeof(T);
  const bool long_sums = a.columns >= 16;
  for (; j + width <= b.columns; j += width) {
    int64_t i = 0;
    for (; i + 4 <= c.rows; i += 4)
      long_sums ? small_block<bytes, 4, V, 2 / V>(a, b, c, i, j) : small_block<bytes, 4, V, 1>(a, b, c, i, j);
    for (; i < c.rows; ++i)
      long_sums ? small_block<bytes, 1, V, 8 / V>(a, b, c, i, j) : small_block<bytes, 1, V, 1>(a, b, c, i, j);
  }
  return j;
}

/// For K columns in A, a number that the compiler knows: K rows of a vector's width of B stay in registers while the rows
/// of A pass by. Returns the first column that is left; vectors of 16 bytes also take what is less than a vector.
/// (Matrices by value: a store to C might change what a reference leads to, as far as the compiler can see.)
template <int bytes, int K, class T>
int64_t thin_columns(const Matrix<const T> a, const Matrix<const T> b, const Matrix<T> c, int64_t j) {
  using Vector [[gnu::vector_size(bytes)]] = T;
  constexpr int width = bytes / sizeof(T);
  for (; j + (bytes == 16 ? 1 : width) <= c.columns; j += width) {
    const bool whole = j + width <= c.columns;
    Vector row[K] = {}, sum;
    for (int p = 0; p < K; ++p) {
      if (whole && b.column == 1)
        std::memcpy(&row[p], &b(p, j), bytes);
      else
#pragma GCC unroll 16
        for (int w = 0; w < width; ++w) row[p][w] = j + w < c.columns ? b(p, j + w) : T(0);
    }
    const auto add_up = [&](const T* x) {
      sum = x[0] * row[0];
#pragma GCC unroll 8
      for (int p = 1; p < K; ++p) sum += x[p * a.column] * row[p];
    };
    const T* x = a.data;
    if (whole && c.column == 1) {
      T* y = &c(0, j);
      for (int64_t i = 0; i < c.rows; ++i, x += a.row, y += c.row) {
        add_up(x);
        std::memcpy(y, &sum, bytes);
      }
    } else {
      for (int64_t i = 0; i < c.rows; ++i, x += a.row) {
        add_up(x);
        store_columns(c, i, j, sum, c.columns - j);
      }
    }
  }
  return j;
}

constexpr int64_t kThin = 6;  // columns of A up to which B stays in registers

template <int K, class T>
void thin_columns_all(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  if (c.rows * c.columns <= 32) {  // the smallest: to ask for wider vectors would cost as much as the product
    thin_columns<16, K>(a, b, c, 0);
    return;
  }
  widest([&](auto bytes) {
    int64_t j = 0;
    if constexpr (bytes >= 64) j = thin_columns<64, K>(a, b, c, j);
    if constexpr (bytes >= 32) j = thin_columns<32, K>(a, b, c, j);
    thin_columns<16, K>(a, b, c, j);
  });
}

template <class T>
void thin_product(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  static constexpr void (*products[])(const Matrix<const T>&, const Matrix<const T>&, const Matrix<T>&) = {
      thin_columns_all<1, T>, thin_columns_all<2, T>, thin_columns_all<3, T>,
      thin_columns_all<4, T>, thin_columns_all<5, T>, thin_columns_all<kThin, T>};
  products[a.columns - 1](a, b, c);
}

template <class T>
void small_product(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  T copy[kSmallFactor];
  Matrix<const T> padded = b;
  if (!lies_in_vectors(b)) {  // rows of B filled up with zeros to whole vectors
    const int64_t width = (b.columns + 3) / 4 * 4;
    for (int64_t j = 0; j < b.columns; ++j)
      for (int64_t p = 0; p < b.rows; ++p) copy[p * width + j] = b(p, j);
    for (int64_t j = b.columns; j < width; ++j)
      for (int64_t p = 0; p < b.rows; ++p) copy[p * width + j] = T(0);
    padded = {copy, b.rows, width, width, 1};
  }
  widest([&](auto bytes) {
    int64_t j = 0;
    if constexpr (bytes >= 64) j = small_columns<64, 1>(a, padded, c, j);
    if constexpr (bytes >= 32) j = small_columns < 32, bytes == 32 ? 2 : 1 > (a, padded, c, j);
    if constexpr (bytes >= 32) j = small_columns<32, 1>(a, padded, c, j);
    j = small_columns<16, 2>(a, padded, c, j);
    small_columns<16, 1>(a, padded, c, j);
  });
}

template <class T>
void best_product(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  if (c.rows * c.columns <= 4 && a.columns <= 64) return three_loops(a, b, c);
  if constexpr (std::floating_point<T>)
    if (is_small(a, b)) {
      if (a.columns >= 1 && a.columns <= kThin) return thin_product(a, b, c);
      if (a.rows >= b.columns && !lies_in_vectors(b) && lies_in_vectors(a.transposed()))
        return small_product(b.transposed(), a.transposed(), c.transposed());  // Cᵀ = Bᵀ Aᵀ
      if (can_be_padded(a, b)) return small_product(a, b, c);
    }
#if GRADUS_HAVE_BLAS
  if constexpr (std::floating_point<T>)
    blas(a, b, c);
  else
#endif
    tiles(a, b, c);
}

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
  switch (out.dtype) {
    case kFloat32:
      return for_each_matrix<float>(a, b, out, best_product<float>);
    case kFloat64:
      return for_each_matrix<double>(a, b, out, best_product<double>);
    case kInt64:
      return for_each_matrix<int64_t>(a, b, out, best_product<int64_t>);
    default:
      no_kernel("matmul", "cpu", out.dtype);
  }
}

}  // namespace gradus::cpu
