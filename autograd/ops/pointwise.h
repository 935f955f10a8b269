// The kernels of pointwise ops without the tape: for the files of this folder. They promote, broadcast and
// allocate.
#pragma once

#include "autograd/ops/ops.h"
#include "autograd/record.h"

namespace gradus {

using autograd::record;
using autograd::save;
using autograd::save_output;
using autograd::wrt;

Tensor pointwise(Unary f, const Tensor& x);
Tensor pointwise(Binary f, const Tensor& a, const Tensor& b);
Tensor pointwise(Binary f, const Tensor& a, const Scalar& b);

/// x itself if it is floating point, else x in the default dtype: what exp and mean of integers begin with.
Tensor as_floating_point(const Tensor& x);

/// A number times a number; whole numbers stay whole, so that they do not raise an integer tensor's dtype.
inline Scalar product(const Scalar& a, const Scalar& b) {
  if (a.isFloatingPoint() || b.isFloatingPoint()) return a.toDouble() * b.toDouble();
  return a.toLong() * b.toLong();
}

}  // namespace gradus
