// Helpers for reductions: the set of dimensions that are reduced, and the call of the kernel.
#pragma once

#include "autograd/ops/pointwise.h"

namespace gradus {

/// The dimensions to reduce, one bit each. An empty list means all of them. Error if one is given twice.
struct Dims {
  unsigned bits = 0;

  Dims(const char* op, const Tensor& x, IntArrayRef dims);
  bool contains(int d) const { return bits >> d & 1; }
};

/// The shape of a reduction of x. With keepdim a reduced dimension stays, with size 1.
Shape reduced_shape(const Tensor& x, Dims dims, bool keepdim);

/// The dtype that sums and products are computed in: int64 for bool and integers, which is exact.
inline Dtype reducing_dtype(Dtype dtype) { return is_floating_point(dtype) ? dtype : kInt64; }

/// x in `dtype`, or in reducing_dtype if none was asked for.
inline Tensor summable(const Tensor& x, std::optional<Dtype> dtype) {
  return x.to(dtype.value_or(reducing_dtype(x.dtype())));
}

/// The reduction without the tape.
Tensor reduce(Reduction f, const Tensor& x, Dims dims, bool keepdim);

/// The result of a reduction, or its gradient, with the reduced dimensions restored as size 1. Then it broadcasts
/// to the input, which has `dim` dimensions.
Tensor restore_dims(const Tensor& y, Dims dims, int dim);

/// The number of elements that are reduced to one, or one less if `unbiased`.
double degrees_of_freedom(const Tensor& x, Dims dims, bool unbiased);

/// The largest or the smallest elements over the dimensions; equal ones share the gradient.
Tensor extreme(const char* op, Reduction max_or_min, const Tensor& x, IntArrayRef over, bool keepdim);

/// (Σ |xᵢ|ᵖ)^(1/p) for any p, without powers that leave the dtype's range. Defined in autograd/more_ops/reduce.cpp.
Tensor norm_of_order(double p, const Tensor& x, IntArrayRef over, bool keepdim);
/// Is any of the Euclidean norms y infinite or NaN, or so small that squares lost digits? Waits for a CUDA device.
bool squares_left_range(const Tensor& y);
/// Is any y infinite or NaN? On a CUDA device, where looking would have to wait, the answer is false.
bool overflowed(const Tensor& y);
/// Is any x infinite, NaN, 0 or subnormal? On a CUDA device, where looking would have to wait, the answer is true.
bool may_leave_range(const Tensor& x);

}  // namespace gradus
