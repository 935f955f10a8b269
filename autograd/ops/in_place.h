// Helpers for in-place ops. See in_place.cpp for the two ways to write: with and without recording.
#pragma once

#include "autograd/ops/pointwise.h"

namespace gradus {

/// Must a write into x be recorded? Error if the write is not allowed.
bool must_record(const char* op, const Tensor& x, bool values_require_grad = false);

/// x as it is before a write. Its elements are copied, because the rules of the recorded op may need them.
Tensor before_write(const Tensor& x);

/// Writes y's elements into x's memory, and gives x the place of y on the tape. Returns x.
Tensor& take_over(const char* op, const Tensor& x, const Tensor& y);

/// Writes values of x's shape into x's memory without recording.
void overwrite(const Tensor& x, const View& values);

/// Error if a result of dtype `from` would lose its kind in `to`: 1.5 in an integer tensor.
void check_castable(const char* op, Dtype from, Dtype to);

/// x as the result of an in-place op: a reference to the tensor that the op was called on.
inline Tensor& written(const Tensor& x) { return const_cast<Tensor&>(x); }

/// A view of x with its dimensions in the order of falling strides.
Tensor in_memory_order(const Tensor& x);

/// Fills x with the random numbers of draw(view). They are drawn on the CPU in the order of x's memory, as in
/// PyTorch, so a seed gives the same numbers on every device. They are constants: a gradient of x ends here.
template <class Draw>
Tensor& fill_randomly(const char* op, const Tensor& x, Draw draw) {
  const bool direct = !must_record(op, x) && x.is_contiguous() && x.device().is_cpu();
  const Tensor target = x.is_contiguous() ? x : in_memory_order(x),
               drawn = direct ? x : allocate_like(target.raw(), x.dtype(), x.device().type());
  host_work(kernels_of(x), op, [drawn, draw] {
    const Tensor here = drawn.device().is_cpu() ? drawn : allocate(drawn.sizes(), drawn.dtype());
    draw(here.raw());
    if (!here.is_same(drawn)) drawn.copy_(here);
  });
  if (direct)
    bump_version(x);
  else
    target.copy_(drawn);
  return written(x);
}

}  // namespace gradus
