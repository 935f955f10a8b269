// The ways in which the CPU multiplies two matrices, C = A B. matmul.cpp chooses.
#pragma once

#include "kernels/plain/matrix.h"

namespace gradus::cpu {

using plain::Matrix, plain::OwnMatrix, plain::assign;

template <class T>
void fill_zero(const Matrix<T>& c) {
  for (int64_t i = 0; i < c.rows; ++i)
    for (int64_t j = 0; j < c.columns; ++j) c(i, j) = T(0);
}

/// Blocks of B stay in cache while rows of A pass by: matmul_tiles.cpp. float, double and int64.
template <class T>
void multiply_in_tiles(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c);

/// Blocks of C stay in registers: matmul_small.h. Computes nothing and returns false if the product
/// is not so small that calling BLAS would take longer than the product itself. float and double.
template <class T>
bool multiply_if_small(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c);

/// BLAS's gemm and gemv: matmul_blas.cpp, where the build has BLAS. float and double.
template <class T>
void multiply_by_blas(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c);

}  // namespace gradus::cpu
