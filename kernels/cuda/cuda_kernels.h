// The kernels of CUDA devices, by family. kernels.h says what each one computes.
#pragma once

#include "kernels/graphs.h"
#include "kernels/kernels.h"

namespace gradus::cuda {

/// The table that kernels_for(DeviceType::CUDA) returns, or an Error that says why no device
/// can be used.
const Kernels& kernels();

// memory.cpp
extern const DeviceMemory memory;

// graphs.cpp. nullptr on the emulated device.
const DeviceGraphs* graphs();

// pointwise.cu
void fill(Scalar value, const View& out);
void arange(Scalar start, Scalar step, const View& out);
void copy(const View& x, const View& out);
void unary(Unary f, const View& x, const View& out);
void binary(Binary f, const View& a, const View& b, const View& out);
void ternary(Ternary f, const View& a, const View& b, const View& c, const View& out);
void binary_scalar(Binary f, const View& x, Scalar number, bool number_first, const View& out);
void where(const View& condition, const View& a, const View& b, const View& out);

// transpose.cu. Copies x if the copy is a transposition, else does nothing and returns false. The
// benchmarks call the steps of the ladder by name, here and below.
bool transpose(const View& x, const View& out);
bool transpose_v1(const View& x, const View& out);  // each thread an element
bool transpose_v2(const View& x, const View& out);  // tiles in shared memory
bool transpose_v3(const View& x, const View& out);  // without bank conflicts

// reduce.cu
void reduce(Reduction f, const View& x, const View& out);
enum class ReduceStep : uint8_t { chain, block, shuffles, grid };  // v1 to v4
void reduce_step(ReduceStep step, Reduction f, const View& x, const View& out);

// matmul.cu, matmul_async.cu
void matmul(const View& a, const View& b, const View& out);
void matmul_v1(const View& a, const View& b, const View& out);  // one thread, one output
void matmul_v2(const View& a, const View& b, const View& out);  // tiles in shared memory
void matmul_v3(const View& a, const View& b, const View& out);  // and outputs in registers
void matmul_v4(const View& a, const View& b, const View& out);  // and asynchronous copies

// softmax.cu
void softmax(const View& x, const View& out);
void softmax_v1(const View& x, const View& out);  // three times over each row
void softmax_v2(const View& x, const View& out);  // twice: the largest and the sum at once
void softmax_v3(const View& x, const View& out);  // once: the row stays in registers
void log_softmax(const View& x, const View& out);
void softmax_gradient(const View& gradient, const View& y, const View& out);
void log_softmax_gradient(const View& gradient, const View& y, const View& out);
void cross_entropy(const View& x, const View& target, const View& losses);
void cross_entropy_gradient(const View& gradient, const View& x, const View& target, const View& out);

// layer_norm.cu
void layer_norm(const View& x, double eps, const View& out, const View& inverse_deviations);
void layer_norm_gradient(const View& gradient, const View& y, const View& inverse_deviations,
                         const View& out);

// lines.cu
void argmax(const View& x, int dim, const View& out);
void argmin(const View& x, int dim, const View& out);
void cumsum(const View& x, int dim, const View& out);

// sort.cu
void sort(const View& x, int dim, bool descending, const View& values, const View& indices);

// indexing.cu
void take(const View& x, const View& positions, const View& out);
void put(const View& positions, const View& values, bool accumulate, const View& out);
void gather_rows(const View& table, const View& indices, const View& out);
void scatter_add_rows(const View& indices, const View& values, const View& out);
void nonzero(const View& x, std::vector<int64_t>& coordinates);

// optim.cu
void sgd(const SgdStep& step, std::span<const SgdTensors> tensors);
void adam(const AdamStep& step, std::span<const AdamTensors> tensors);

// linalg.cu
void lu(const View& a, const View& lu, const View& permutation);
void cholesky(const View& a, const View& l);
void solve_triangular(const View& a, Triangle triangle, const View& b, const View& x);
void qr(const View& a, const View& q, const View& r);

// jacobi.cu
void eigh(const View& a, const View& values, const View& vectors);
void svd(const View& a, const View& u, const View& s, const View& v);

}  // namespace gradus::cuda
