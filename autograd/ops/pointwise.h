// Helpers for ops: pointwise kernels without the tape, slopes as derivative rules, the op of a unary formula.
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

// ---- Slopes: one kernel each. If backward is itself recorded, ops compute the same formula. -------------------------

/// `gradient`, which depends on x only through comparisons, as the slope of relu does. While backward is recorded, its
/// derivatives by x are 0. (Without a path to x they would be an error.) x broadcasts to the gradient's shape.
Tensor constant_in(const Tensor& x, const Tensor& gradient);

/// f(kept…), a slope that ops compute: constant in the tensors that the formula F keeps if F is piecewise linear.
template <class F, class Function, class... Kept>
Tensor recorded_slope(const Function& f, const Kept&... kept) {
  if constexpr (!F::is_piecewise_linear) return f(kept...);
  Tensor slope = f(kept.detach()...);
  ((slope = constant_in(kept, slope)), ...);
  return slope;
}

/// x̄ of y = f(x), from ȳ and the tensor that the formula keeps: x or y.
template <class F>
Tensor slope(const Tensor& g, const Tensor& kept) {
  return GradMode::is_enabled() ? recorded_slope<F>([&](const Tensor& x) { return F{}.slope(g, x); }, kept)
                                : pointwise(formulas::Slope<F>{}, g, kept);
}
/// 2 ȳ x is bilinear, so its two slopes are of the same form.
template <>
Tensor slope<formulas::Square>(const Tensor& g, const Tensor& x);

/// ā of y = f(a, b), from ȳ and two more tensors, as F::slope_a takes them.
template <class F>
Tensor slope_a(const Tensor& g, const Tensor& p, const Tensor& q) {
  return GradMode::is_enabled()
             ? recorded_slope<F>([&](const Tensor& p, const Tensor& q) { return F{}.slope_a(g, p, q); }, p, q)
             : pointwise(formulas::SlopeA<F>{}, g, p, q);
}
/// b̄ of y = f(a, b), as F::slope_b takes the tensors.
template <class F>
Tensor slope_b(const Tensor& g, const Tensor& p, const Tensor& q) {
  return GradMode::is_enabled()
             ? recorded_slope<F>([&](const Tensor& p, const Tensor& q) { return F{}.slope_b(g, p, q); }, p, q)
             : pointwise(formulas::SlopeB<F>{}, g, p, q);
}

// ---- Small helpers --------------------------------------------------------------------------------------------------

/// b on a's device. A 0-d tensor on the cpu is copied there. Any other tensor on another device is an
/// Error, with libtorch's text.
Tensor on_device_of(const char* op, const Tensor& a, const Tensor& b);

/// Error unless a and b have one dtype and one device, as ops need that do not promote.
void check_same_dtype(const char* op, const Tensor& a, const Tensor& b);

/// x itself if it is floating point, else x in the default dtype. exp of integers begins with this, for instance.
Tensor as_floating_point(const Tensor& x);

/// The number as a 0-d tensor on x's device, with the dtype result_type(x, number).
Tensor scalar_like(const Tensor& x, const Scalar& number);

/// A mask as bools. A uint8 mask is allowed too: PyTorch had no bool at first.
inline Tensor as_mask(const char* op, const Tensor& mask) {
  check(mask.dtype() == kBool || mask.dtype() == kUInt8, op, ": the mask must be bool, not ", mask.dtype());
  return mask.to(kBool);
}

/// gather, recorded under the name `op`. Without keepdim it drops the dimension `dim`, which must have
/// size 1 in `index`.
Tensor gather_as(const char* op, const Tensor& x, int64_t dim, const Tensor& index, bool keepdim = true);

/// a b. The product of two integers is an integer, so that it does not raise the dtype of an integer tensor. Times 1, a
/// bool stays a bool.
inline Scalar product(const Scalar& a, const Scalar& b) {
  if (b.isIntegral(true) && b.toLong() == 1) return a;
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
