// The kernels of pointwise ops without the tape: for the files of this folder. They promote, broadcast and
// allocate.
#pragma once

#include "autograd/record.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus {

using autograd::record;
using autograd::save;
using autograd::save_output;
using autograd::unchanged;
using autograd::wrt;

Tensor pointwise(Unary f, const Tensor& x);
Tensor pointwise(Binary f, const Tensor& a, const Tensor& b);
Tensor pointwise(Binary f, const Tensor& a, const Scalar& b);

/// 2 g x, recorded: the rule of x² and of all that is made of squares.
Tensor square_gradient(const Tensor& g, const Tensor& x);

/// b on a's device: b itself, or a number (no dimensions) brought over from the cpu. Any other tensor that is elsewhere
/// is an Error, with libtorch's text.
Tensor on_device_of(const char* op, const Tensor& a, const Tensor& b);

/// x itself if it is floating point, else x in the default dtype: what exp and mean of integers begin with.
Tensor as_floating_point(const Tensor& x);

/// A condition as bools: it may be bool, or uint8, as masks used to be.
inline Tensor as_mask(const char* op, const Tensor& mask) {
  check(mask.dtype() == kBool || mask.dtype() == kUInt8, op, ": the mask must be bool, not ", mask.dtype());
  return mask.to(kBool);
}

/// gather under the name of the op that has found the index. Without keepdim the dimension, then of size 1, is dropped.
Tensor gather_as(const char* op, const Tensor& x, int64_t dim, const Tensor& index, bool keepdim = true);

/// A number times a number; whole numbers stay whole, so that they do not raise an integer tensor's dtype.
inline Scalar product(const Scalar& a, const Scalar& b) {
  if (a.isFloatingPoint() || b.isFloatingPoint()) return a.toDouble() * b.toDouble();
  return a.toLong() * b.toLong();
}

}  // namespace gradus
