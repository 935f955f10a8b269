// Pointwise formulas as ops: for the files of this folder.
#pragma once

#include "autograd/record.h"
#include "kernels/formulas.h"
#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus {

using autograd::record;
using autograd::saved;
using autograd::unchanged;
using autograd::wrt;

// ---- Kernels without the tape. They promote, broadcast and allocate. -----------------------------------------------

Tensor pointwise(Unary f, const Tensor& x);
Tensor pointwise(Binary f, const Tensor& a, const Tensor& b);
Tensor pointwise(Binary f, const Tensor& x, const Scalar& number);
Tensor pointwise(Binary f, const Scalar& number, const Tensor& x);
/// The slope of a binary formula: g has the shape and the dtype of the result, p and q broadcast to it.
Tensor pointwise(Ternary f, const Tensor& g, const Tensor& p, const Tensor& q);

// ---- Slopes: one kernel each. Where backward is itself recorded, the same expression in ops. -----------------------

/// x̄ of y = f(x), from ȳ and what the formula keeps: x or y.
template <class F>
Tensor slope(const Tensor& g, const Tensor& kept) {
  return GradMode::is_enabled() ? F{}.slope(g, kept) : pointwise(formulas::Slope<F>{}, g, kept);
}

/// ā of y = f(a, b), from ȳ and two more tensors, as F::slope_a takes them.
template <class F>
Tensor slope_a(const Tensor& g, const Tensor& p, const Tensor& q) {
  return GradMode::is_enabled() ? F{}.slope_a(g, p, q) : pointwise(formulas::SlopeA<F>{}, g, p, q);
}
/// b̄ likewise.
template <class F>
Tensor slope_b(const Tensor& g, const Tensor& p, const Tensor& q) {
  return GradMode::is_enabled() ? F{}.slope_b(g, p, q) : pointwise(formulas::SlopeB<F>{}, g, p, q);
}

// ---- Small helpers --------------------------------------------------------------------------------------------------

/// b on a's device: b itself, or a number (no dimensions) copied from the cpu. Any other tensor that is elsewhere is an
/// Error, with libtorch's text.
Tensor on_device_of(const char* op, const Tensor& a, const Tensor& b);

/// x itself if it is floating point, else x in the default dtype: what exp and mean of integers begin with.
Tensor as_floating_point(const Tensor& x);

/// A 0-d tensor on x's device that does not change x's dtype within a kind (bool, integer, floating point).
Tensor scalar_like(const Tensor& x, const Scalar& number);

/// A condition as bools: it may be bool, or uint8, as masks used to be.
inline Tensor as_mask(const char* op, const Tensor& mask) {
  check(mask.dtype() == kBool || mask.dtype() == kUInt8, op, ": the mask must be bool, not ", mask.dtype());
  return mask.to(kBool);
}

/// gather under the name of the op that has found the index. Without keepdim the dimension, then of size 1, is dropped.
Tensor gather_as(const char* op, const Tensor& x, int64_t dim, const Tensor& index, bool keepdim = true);

/// A number times a number. Whole numbers stay whole, so that they do not raise an integer tensor's dtype.
inline Scalar product(const Scalar& a, const Scalar& b) {
  if (a.isFloatingPoint() || b.isFloatingPoint()) return a.toDouble() * b.toDouble();
  return a.toLong() * b.toLong();
}

// ---- The op of a unary formula -------------------------------------------------------------------------------------

/// y = f(x), recorded with f's slope as its rule. Integers are converted if f takes real numbers only.
template <class F>
Tensor unary(const Tensor& input, const char* name = F::name) {
  const Tensor x = F::template takes<int64_t> ? input : as_floating_point(input);
  const Tensor y = pointwise(F{}, x);
  if constexpr (F::keeps == formulas::Keeps::nothing)
    return record(name, y, wrt(x, [](const Tensor& g) { return F{}.slope(g); }));
  else
    return record(name, y, wrt(x, saved(F::keeps == formulas::Keeps::input ? x : y), slope<F>));
}

}  // namespace gradus
