// Helpers for the files of this folder: shapes of batches of matrices, and checks of arguments.
#pragma once

#include "autograd/ops/pointwise.h"
#include "autograd/tools/function.h"

namespace gradus {

inline Tensor mT(const Tensor& x) { return transpose(x, -2, -1); }

/// The shape of x with its last two dimensions replaced.
inline Shape with_matrix_shape(const Tensor& x, int64_t rows, int64_t columns) {
  Shape shape(x.raw());
  shape[shape.dim() - 2] = rows;
  shape[shape.dim() - 1] = columns;
  return shape;
}

/// The leading dimensions (…) of matrices (…, m, n).
inline Shape batch_shape(const Tensor& x) {
  return Shape(IntArrayRef(x.raw().sizes, static_cast<size_t>(x.dim() - 2)));
}

/// (…, length): the shape of one vector for each of the matrices x.
inline Shape with_vector_shape(const Tensor& x, int64_t length) {
  Shape shape = batch_shape(x);
  shape.push_back(length);
  return shape;
}

/// x (…, m, n), expanded to the leading dimensions `batch`.
inline Tensor expand_batch(const Tensor& x, Shape batch) {
  batch.push_back(x.size(-2)), batch.push_back(x.size(-1));
  return x.expand(batch);
}

inline void check_matrix(const char* op, const Tensor& A) {
  check(A.dim() >= 2, op, ": The input tensor A must have at least 2 dimensions, but its shape is ",
        text(A.sizes()));
  check(A.is_floating_point(), op, ": Expected a floating point tensor as input. Got ", A.dtype());
}

inline void check_square(const char* op, const Tensor& A) {
  check_matrix(op, A);
  check(A.size(-2) == A.size(-1), op, ": A must be batches of square matrices, but they are ", A.size(-2),
        " by ", A.size(-1), " matrices");
}

/// Error if A's device has no such kernel.
template <class Kernel>
void require(const char* op, const Tensor& A, Kernel kernel) {
  check(kernel != nullptr, op, " has no ", A.device(), " kernel; use .cpu()");
}

/// Is any element of the bool tensor `condition` true? The host reads the answer to decide how to go on.
inline bool any_on_host(const char* op, const Tensor& condition) {
  return decide_on_host(kernels_of(condition), op, [=] { return any(condition).item<bool>(); });
}

inline void check_finite(const char* op, const Tensor& A) {
  check(!any_on_host(op, logical_not(isfinite(A))), op, ": the matrix of shape ", text(A.sizes()),
        " holds NaN or infinity");
}

/// Error if an element of `wrong`, bool (…, n), is true: "op: (Batch element 2): " and message(i), where i is the
/// index of the first true element, counted from 1.
template <class Message>
void fail_where(const char* op, const Tensor& wrong, const Message& message) {
  if (wrong.numel() == 0 || !any_on_host(op, wrong)) return;
  const Tensor first = nonzero(wrong.reshape({-1, wrong.size(-1)}))[0];
  const std::string element =
      wrong.dim() > 1 ? "(Batch element " + std::to_string(first[0].item<int64_t>()) + "): " : "";
  fail(op, ": ", element, message(first[1].item<int64_t>() + 1));
}

}  // namespace gradus
