// Products too small for BLAS, with vectors in registers: thin_product() if A has few columns, so
// that B fits into registers, and small_product(), which keeps blocks of C there.
#pragma once

#include <cstring>

#include "kernels/cpu/matmul.h"
#include "kernels/cpu/wide.h"

namespace gradus::cpu {
namespace {  // so that g++ inlines what is called once

constexpr int64_t kSmallFactor = 4096;  // most elements of B, which is copied if its layout does not fit

/// True if a call of BLAS takes longer than the product here. Measured: up to 16³ multiplications
/// with vectors of 16 bytes, up to 40³ with vectors of 64.
template <class T>
bool is_small(const Matrix<const T>& a, const Matrix<const T>& b) {
  const int64_t wider = vectors::bytes / 16;
  return a.rows * a.columns * b.columns <= 4096 * wider * wider;
}

/// Are the rows of B contiguous and whole vectors long, as small_product reads them?
template <class T>
bool is_whole_vectors(const Matrix<const T>& b) {
  return b.column_stride == 1 && b.columns % 4 == 0;
}

/// True if small_product need not copy B, or if the copy pays. It does not for few rows of A or for a
/// single column of B.
template <class T>
bool can_be_padded(const Matrix<const T>& a, const Matrix<const T>& b) {
  const int64_t elements = b.rows * (b.columns + 3);
  return elements <= kSmallFactor &&
         (elements <= (b.columns == 1 ? 64 : 256) || (b.columns > 1 && a.rows >= 4) || is_whole_vectors(b));
}

/// Writes the first `count` numbers of a vector, or all of them, to row i of C from column j
/// on. Copies whose number of bytes is known at compile time become one or two stores instead
/// of a loop.
template <class T, class Vector>
inline void store_columns(const Matrix<T>& c, int64_t i, int64_t j, const Vector& from, int64_t count) {
  constexpr int64_t width = sizeof(Vector) / sizeof(T);
  T* const to = &c(i, j);
  if (c.column_stride == 1 && count >= width) {
    std::memcpy(to, &from, sizeof(Vector));
  } else if (c.column_stride == 1 && width <= 4) {
    if (count == 1) std::memcpy(to, &from, sizeof(T));
    if (count == 2) std::memcpy(to, &from, 2 * sizeof(T));
    if constexpr (width == 4)
      if (count == 3) std::memcpy(to, &from, 3 * sizeof(T));
  } else {
    T numbers[width];
    std::memcpy(numbers, &from, sizeof(Vector));
    for (int64_t w = 0; w < std::min(count, width); ++w) to[w * c.column_stride] = numbers[w];
  }
}

/// Computes a block of C of R rows by V vectors of `bytes`. The block stays in registers while
/// products are added to each element, in `chains` separate sums. A step loads V vectors of B for
/// R·V vector multiplications. An FMA takes four cycles and two can start per cycle, so eight
/// independent sums are needed: R·V·chains = 8.
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

/// Computes all blocks of V vectors that fit into the columns from j on. Returns the first
/// column that is left.
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

/// Product for an A of K columns, K known at compile time. For each vector's width of columns, K
/// rows of B stay in registers while the rows of A pass by. Returns the first column that is left;
/// vectors of 16 bytes also compute a last, partial one. The matrices are passed by value, because
/// a store to C could change them behind a reference.
template <int bytes, int K, class T>
int64_t thin_columns(const Matrix<const T> a, const Matrix<const T> b, const Matrix<T> c, int64_t j) {
  using Vector [[gnu::vector_size(bytes)]] = T;
  constexpr int width = bytes / sizeof(T);
  for (; j + (bytes == 16 ? 1 : width) <= c.columns; j += width) {
    const bool whole = j + width <= c.columns;
    Vector row[K] = {}, sum;
    for (int p = 0; p < K; ++p) {
      if (whole && b.column_stride == 1)
        std::memcpy(&row[p], &b(p, j), bytes);
      else
#pragma GCC unroll 16
        for (int w = 0; w < width; ++w) row[p][w] = j + w < c.columns ? b(p, j + w) : T(0);
    }
    const auto add_up = [&](const T* x) {
      sum = x[0] * row[0];
#pragma GCC unroll 8
      for (int p = 1; p < K; ++p) sum += x[p * a.column_stride] * row[p];
    };
    const T* x = a.data;
    if (whole && c.column_stride == 1) {
      T* y = &c(0, j);
      for (int64_t i = 0; i < c.rows; ++i, x += a.row_stride, y += c.row_stride) {
        add_up(x);
        std::memcpy(y, &sum, bytes);
      }
    } else {
      for (int64_t i = 0; i < c.rows; ++i, x += a.row_stride) {
        add_up(x);
        store_columns(c, i, j, sum, c.columns - j);
      }
    }
  }
  return j;
}

constexpr int64_t kThin = 6;  // most columns of A for which the rows of B stay in registers

template <int K, class T>
void thin_columns_all(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  if (c.rows * c.columns <= 32) {  // asking for wider vectors would take as long as the product
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
  if (!is_whole_vectors(b)) {  // fill up the rows of B with zeros
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

}  // namespace

template <class T>
bool multiply_if_small(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
  if (!is_small(a, b)) return false;
  if (a.columns >= 1 && a.columns <= kThin) {
    thin_product(a, b, c);
  } else if (a.rows >= b.columns && !is_whole_vectors(b) && is_whole_vectors(a.transposed())) {
    small_product(b.transposed(), a.transposed(), c.transposed());  // Cᵀ = Bᵀ Aᵀ
  } else if (can_be_padded(a, b)) {
    small_product(a, b, c);
  } else {
    return false;
  }
  return true;
}

}  // namespace gradus::cpu
