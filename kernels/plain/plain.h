// The plain kernels: the ones to read first, and the reference for all others. Each file holds one
// family, with the formula above the code. The kernels accept any strides, 0 and negative ones
// included, and use no threads and no vector types.
#pragma once

#include "kernels/kernels.h"

namespace gradus::plain {

/// The table of the plain kernels.
const Kernels& kernels();

// Each family fills in its own entries of a table.
void pointwise(Kernels& table);           // fill, arange, copy, where, and all formulas
void reductions(Kernels& table);          // reduce, argmax, argmin, cumsum
void products(Kernels& table);            // matmul
void rows(Kernels& table);                // softmax and its relatives, cross-entropy
void normalisation(Kernels& table);       // layer_norm
void indexing(Kernels& table);            // take, put, gather_rows, scatter_add_rows, nonzero
void sorting(Kernels& table);             // sort
void optimisers(Kernels& table);          // sgd, adam
void triangular_factors(Kernels& table);  // lu, cholesky, solve_triangular
void householder(Kernels& table);         // qr
void jacobi(Kernels& table);              // eigh, svd

}  // namespace gradus::plain
