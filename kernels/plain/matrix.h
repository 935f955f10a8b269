// Matrices as the kernels for products and factorisations see them.
#pragma once

#include <vector>

#include "kernels/plain/strided.h"

namespace gradus::plain {

/// A matrix with any strides: element (i, j) is data[i·row_stride + j·column_stride].
template <class T>
struct Matrix {
  T* data;
  int64_t rows, columns, row_stride, column_stride;

  Matrix(T* data, int64_t rows, int64_t columns, int64_t row_stride, int64_t column_stride)
      : data(data), rows(rows), columns(columns), row_stride(row_stride), column_stride(column_stride) {}
  /// The last two dimensions of a view.
  explicit Matrix(Part<T> part)
      : Matrix(part.data, part.sizes[0], part.sizes[1], part.strides[0], part.strides[1]) {}

  /// The first matrix of a batch.
  explicit Matrix(const View& view)
      : Matrix(Part<T>(view.as<T>(), view.sizes + view.dim - 2, view.strides + view.dim - 2)) {}

  T& operator()(int64_t i, int64_t j) const { return data[i * row_stride + j * column_stride]; }
  Matrix transposed() const { return {data, columns, rows, column_stride, row_stride}; }
  operator Matrix<const T>() const { return {data, rows, columns, row_stride, column_stride}; }
};

/// to := from, element by element.
template <class T>
void assign(const Matrix<T>& to, const Matrix<const T>& from) {
  for (int64_t i = 0; i < to.rows; ++i)
    for (int64_t j = 0; j < to.columns; ++j) to(i, j) = from(i, j);
}

/// A row-major matrix in memory of its own, at first all zeros.
template <class T>
struct OwnMatrix {
  std::vector<T> elements;
  Matrix<T> matrix;

  OwnMatrix(int64_t rows, int64_t columns)
      : elements(static_cast<size_t>(rows * columns)), matrix(elements.data(), rows, columns, columns, 1) {}
  explicit OwnMatrix(const Matrix<const T>& source) : OwnMatrix(source.rows, source.columns) {
    assign(matrix, source);
  }
  OwnMatrix(const OwnMatrix&) = delete;
  OwnMatrix& operator=(const OwnMatrix&) = delete;
};

/// The unit matrix, or as much of it as fits into another shape.
template <class T>
void set_identity(const Matrix<T>& x) {
  for (int64_t i = 0; i < x.rows; ++i)
    for (int64_t j = 0; j < x.columns; ++j) x(i, j) = i == j ? T(1) : T(0);
}

/// C = A B by three loops: matmul.cpp.
template <class T>
void multiply(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c);

}  // namespace gradus::plain
