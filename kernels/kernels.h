// What a device must be able to do: one verb per entry, inputs first, output last.
//
// Every kernel reads its inputs through their strides and writes `out`, whose shape the caller has
// worked out and whose memory the caller owns. Inputs of a pointwise kernel are already expanded to
// out's sizes. Nothing here knows of gradients. A missing entry (nullptr), or a dtype that an entry
// does not serve, is an Error by name.
#pragma once

#include <vector>

#include "kernels/view.h"

namespace gradus {

enum class DeviceType : uint8_t { CPU, CUDA };

/// What a table of kernels needs to know of a formula. The formulas themselves are types, in
/// formulas.h. They convert: kernels.unary(formulas::Tanh{}, x, out).
struct FormulaId {
  uint8_t place;      // in the list of its kind: the index in every device's table
  bool is_predicate;  // writes bool
  const char* name;   // for messages: "tanh"
};

/// y = f(x), of the list `Unaries`.
struct Unary : FormulaId {
  template <class F>
  constexpr Unary(F);  // NOLINT(google-explicit-constructor)
};
/// y = f(a, b), of the list `Binaries`: arithmetic, comparisons, and the slope of each unary
/// formula from (ȳ, x or y).
struct Binary : FormulaId {
  template <class F>
  constexpr Binary(F);  // NOLINT(google-explicit-constructor)
};
/// y = f(a, b, c), of the list `Ternaries`: the slopes of binary formulas.
struct Ternary : FormulaId {
  template <class F>
  constexpr Ternary(F);  // NOLINT(google-explicit-constructor)
};
/// y = t(x₁) ∘ t(x₂) ∘ …, of the list `Reductions`.
struct Reduction : FormulaId {
  template <class F>
  constexpr Reduction(F);  // NOLINT(google-explicit-constructor)
};

/// One step of stochastic gradient descent; see optim/sgd.h for the formula.
struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov;
};
/// A parameter that the step changes, with its buffer (nullptr: no momentum).
struct SgdTensors {
  const View *gradient, *momentum_buffer, *parameter;
  bool first;  // the momentum buffer is being started from the gradient
};

/// One step of Adam or AdamW; see optim/adam.h for the formula.
struct AdamStep {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled_decay;  // AdamW: the decay acts on the parameter, not on the gradient
};
struct AdamTensors {
  const View *gradient, *first_moment, *second_moment, *parameter;
  int64_t step;  // of this parameter, from 1
};

/// The memory of a device that has one of its own, and copies between it and the host's.
struct DeviceMemory {
  void* (*allocate)(int64_t bytes);
  void (*release)(void* block, int64_t bytes);  // `bytes` as they were asked for
  void (*copy_from_host)(const void* host, void* block, int64_t bytes);
  void (*copy_to_host)(const void* block, void* host, int64_t bytes);
  void (*synchronize)();  // waits for all work on the device
  const char* (*device_name)();
};

/// Which half of a matrix is meant, and whether its diagonal is all ones, whatever is stored there.
struct Triangle {
  bool upper, unit;
};

struct Kernels {
  const char* device;  // for messages: "cpu", "cuda"

  // Filling and moving. copy converts between any two dtypes.
  void (*fill)(Scalar value, const View& out);
  // out[i] = start + i·step, out of one dimension.
  void (*arange)(Scalar start, Scalar step, const View& out);
  void (*copy)(const View& x, const View& out);

  // Pointwise: all inputs have one dtype, and so has the output unless f is a predicate.
  void (*unary)(Unary f, const View& x, const View& out);
  void (*binary)(Binary f, const View& a, const View& b, const View& out);
  void (*ternary)(Ternary f, const View& a, const View& b, const View& c, const View& out);
  // With a number, converted to x's dtype, as one of the arguments: f(x, number), or f(number, x)
  // if it comes first.
  void (*binary_scalar)(Binary f, const View& x, Scalar number, bool number_first, const View& out);
  void (*where)(const View& condition, const View& a, const View& b, const View& out);

  // Reductions. `out` has x's dimensions; those that are reduced have size 1 in it. Sums are
  // pairwise or better.
  void (*reduce)(Reduction f, const View& x, const View& out);
  // The position of the first of the largest (smallest) elements along dim: out is int64, of size
  // 1 along dim.
  void (*argmax)(const View& x, int dim, const View& out);
  void (*argmin)(const View& x, int dim, const View& out);
  void (*cumsum)(const View& x, int dim, const View& out);
  // Stable. `values` and `indices` (int64) have x's sizes.
  void (*sort)(const View& x, int dim, bool descending, const View& values, const View& indices);

  // (…, m, k) × (…, k, n) → (…, m, n), with equal leading sizes (strides of 0 where
  // one was broadcast).
  void (*matmul)(const View& a, const View& b, const View& out);

  // Along rows, the last dimension. The gradients come from ȳ and from the function's own result y.
  void (*softmax)(const View& x, const View& out);
  void (*log_softmax)(const View& x, const View& out);
  void (*softmax_gradient)(const View& gradient, const View& y, const View& out);
  void (*log_softmax_gradient)(const View& gradient, const View& y, const View& out);
  // losses = -log softmax(x)[target]; target (int64, in range), losses and their gradient have one
  // element per row, that is, size 1 in the last dimension.
  void (*cross_entropy)(const View& x, const View& target, const View& losses);
  void (*cross_entropy_gradient)(const View& gradient, const View& x, const View& target, const View& out);
  // out = (x - mean) · r with r = 1 / √(variance + eps), which is kept: `inverse_deviations`, one
  // element per row.
  void (*layer_norm)(const View& x, double eps, const View& out, const View& inverse_deviations);
  void (*layer_norm_gradient)(const View& gradient, const View& y, const View& inverse_deviations,
                              const View& out);

  // Indexing. `positions` (int64) are element offsets from x.data: take reads out[i] =
  // x.data[positions[i]], put writes out.data[positions[i]] = (or +=) values[i]. The caller has
  // checked that they are in range.
  void (*take)(const View& x, const View& positions, const View& out);
  void (*put)(const View& positions, const View& values, bool accumulate, const View& out);
  // Whole rows of a table (rows, width) by int64 index: out (n, width) ← table, or out (rows,
  // width) += values.
  void (*gather_rows)(const View& table, const View& indices, const View& out);
  void (*scatter_add_rows)(const View& indices, const View& values, const View& out);
  // Row-major coordinates of the true elements of a bool view, appended as dim numbers each.
  void (*nonzero)(const View& x, std::vector<int64_t>& coordinates);

  // Optimisers, in place on parameters and state: many tensors, all of one dtype, in one call.
  void (*sgd)(const SgdStep& step, std::span<const SgdTensors> tensors);
  void (*adam)(const AdamStep& step, std::span<const AdamTensors> tensors);

  // Factorisations and triangular systems, for every matrix of a batch. A (…, n, n), its rows in
  // the order of `permutation` (…, n; int64), is L U. `lu` has U in its upper triangle and L,
  // without its diagonal of ones, below. A zero on U's diagonal says that A is singular.
  void (*lu)(const View& a, const View& lu, const View& permutation);
  // A (…, n, n), of which only the lower triangle is read, is L Lᵀ; l has zeros above its
  // diagonal. If A is not positive definite, l's diagonal has a NaN, at the first leading minor
  // that is not positive.
  void (*cholesky)(const View& a, const View& l);
  // A X = B with A (…, n, n), of which only one triangle is read, and B (…, n, k). A zero on
  // the diagonal divides.
  void (*solve_triangular)(const View& a, Triangle triangle, const View& b, const View& x);
  // A (…, m, n) = Q R: Q (…, m, k), its columns orthonormal, and R (…, k, n) upper triangular; k is
  // min(m, n) or m.
  void (*qr)(const View& a, const View& q, const View& r);
  // A (…, n, n), of which only the lower triangle is read, is V diag(w) Vᵀ: w (…, n) ascending, V
  // (…, n, n) orthogonal.
  void (*eigh)(const View& a, const View& values, const View& vectors);
  // A (…, m, n) = U diag(S) Vᵀ with k = min(m, n): U (…, m, k), S (…, k) descending, V (…, n, k). U
  // may have m columns and V n instead: the first k, completed to a basis of the whole space.
  void (*svd)(const View& a, const View& u, const View& s, const View& v);

  const DeviceMemory* memory;  // nullptr for the CPU, which uses kernels/memory.h
};

/// The kernels of a device, or an Error that says why there are none. The CPU's are the fast ones
/// of kernels/cpu or, in a build with GRADUS_FAST=OFF or with the environment variable
/// GRADUS_KERNELS=plain, the plain ones of kernels/plain.
const Kernels& kernels_for(DeviceType device);

/// Reports a missing kernel: "matmul has no cpu kernel for bool".
[[noreturn]] void no_kernel(const char* op, const char* device, Dtype dtype);

}  // namespace gradus
