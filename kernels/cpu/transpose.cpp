// Copies of 2-D blocks: contiguous rows by memcpy, transposed matrices in squares, everything
// else element by element.
//
// A transposed copy reads along one direction and writes along the other, and memory moves in cache
// lines of 64 bytes:
//
//   v1 naive    Reading across the rows, each line leaves the cache after one of its elements has been
//               used.
//   v2 tiles    Copies strips as wide as a line, and no higher than the number of pages in the TLB.
//               Their lines stay in the cache until all elements have been used. 1.2 ns an element for
//               1000 × 1000 floats.
//   v3 blocks   Copies the strip in squares of one line by one line. Whole lines are read into a block
//               in the first cache, and whole lines are written from there. 0.2 ns an element. If rows
//               are a power of two apart, their lines compete for the same few places in the cache,
//               and this is twice as fast as v2.
#include "kernels/cpu/transpose.h"

#include <algorithm>
#include <cstring>

namespace gradus::cpu {
namespace {

constexpr int64_t kLineBytes = 64, kHeight = 256;

template <class T>
constexpr int64_t kLine = kLineBytes / sizeof(T);

/// One square: to[i·to_row + j] = from[i + j·from_column].
template <class T>
void transpose_block(const T* from, int64_t from_column, T* to, int64_t to_row) {
  T block[kLine<T>][kLine<T>];
  for (int64_t j = 0; j < kLine<T>; ++j) std::memcpy(block[j], from + j * from_column, kLineBytes);
  for (int64_t i = 0; i < kLine<T>; ++i) {
    T line[kLine<T>];
    for (int64_t j = 0; j < kLine<T>; ++j) line[j] = block[j][i];
    std::memcpy(to + i * to_row, line, kLineBytes);
  }
}

template <class T>
void copy_elements(const T* from, const Layout2D& from_layout, T* to, const Layout2D& to_layout, int64_t rows,
                   int64_t columns) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      to[i * to_layout.row_stride + j * to_layout.column_stride] =
          from[i * from_layout.row_stride + j * from_layout.column_stride];
}

template <class T>
void copy_rows(const T* from, const Layout2D& from_layout, T* to, int64_t to_row, int64_t rows,
               int64_t columns) {
  for (int64_t i = 0; i < rows; ++i, from += from_layout.row_stride, to += to_row)
    if (from_layout.column_stride == 1)
      std::memcpy(to, from, static_cast<size_t>(columns) * sizeof(T));
    else
      std::fill_n(to, columns, *from);
}

template <class T>
void copy_plane_of(Layout2D from, Layout2D to, int64_t rows, int64_t columns) {
  if (to.column_stride != 1 && to.row_stride == 1) {  // write along the cache lines of the result
    std::swap(from.row_stride, from.column_stride);
    std::swap(to.row_stride, to.column_stride);
    std::swap(rows, columns);
  }
  const T* const x = static_cast<const T*>(from.data);
  T* const y = static_cast<T*>(to.data);
  if (to.column_stride == 1 && (from.column_stride == 0 || from.column_stride == 1))
    return copy_rows(x, from, y, to.row_stride, rows, columns);
  const bool transposed = from.row_stride == 1 && to.column_stride == 1;
  for (int64_t top = 0; top < rows; top += kHeight)
    for (int64_t left = 0; left < columns; left += kLine<T>) {
      const int64_t bottom = std::min(top + kHeight, rows), width = std::min(kLine<T>, columns - left);
      int64_t i = top;
      for (; transposed && width == kLine<T> && i + kLine<T> <= bottom; i += kLine<T>)
        transpose_block(x + i + left * from.column_stride, from.column_stride, y + i * to.row_stride + left,
                        to.row_stride);
      copy_elements(x + i * from.row_stride + left * from.column_stride, from,
                    y + i * to.row_stride + left * to.column_stride, to, bottom - i, width);
    }
}

}  // namespace

void copy_plane(Dtype dtype, Layout2D from, Layout2D to, int64_t rows, int64_t columns) {
  visit_stored_dtype(dtype, [&]<class T>(T) { copy_plane_of<T>(from, to, rows, columns); });
}

}  // namespace gradus::cpu
