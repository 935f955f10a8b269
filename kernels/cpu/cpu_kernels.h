// The fast kernels of the CPU: the plain ones of kernels/plain, family by family replaced by kernels
// with vectors, tiles, threads, BLAS and LAPACK.
#pragma once

#include "kernels/kernels.h"

namespace gradus::cpu {

/// The plain table with everything replaced that is faster here.
const Kernels& kernels();

// Each family replaces its own entries of a table.
void pointwise(Kernels& table);      // pointwise.cpp
void reductions(Kernels& table);     // reduce.cpp
void products(Kernels& table);       // matmul.cpp
void softmax(Kernels& table);        // softmax.cpp
void cross_entropy(Kernels& table);  // cross_entropy.cpp
void layer_norm(Kernels& table);     // layer_norm.cpp
void indexing(Kernels& table);       // indexing.cpp
void sorting(Kernels& table);        // sort.cpp
void optimisers(Kernels& table);     // optim.cpp
void lapack(Kernels& table);         // lapack.cpp, where the build has LAPACK

// What other families use.
void fill(Scalar value, const View& out);
void copy(const View& x, const View& out);
void binary_scalar(Binary f, const View& x, Scalar number, bool number_first, const View& out);

// Steps of the ladder in matmul.cpp, which the benchmarks call by name.
// v1 is kernels/plain/matmul.cpp.
void matmul_v2(const View& a, const View& b, const View& out);  // tiles
void matmul_v3(const View& a, const View& b, const View& out);  // BLAS, where the build has it

}  // namespace gradus::cpu
