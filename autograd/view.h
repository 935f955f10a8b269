// Views on the tape: tensors that show elements of another one, their base.
//
// Reading through a view needs nothing of this: x[0] is an op like any other. Writing does. After
//
//     Tensor y = x * 2, row = y[0], other = y.t();
//     row.mul_(w);
//
// all three show new elements, so all three need a new place on the tape:
//
//     y      copy_slices(old y, row * w): ȳ with zeros in the window goes on to the old y, ȳ's window to row * w
//     row    as_strided(y): the window of y that it shows; likewise other
//
// The write gives y its place at once. Views find theirs when somebody asks (TensorImpl::place): they see that the
// storage's version has moved on since they last looked. A base need not know its views, therefore.
#pragma once

#include "tensor/tensor.h"

namespace gradus {

/// `raw` as a view of x: what is written into it later changes x, on the tape as well as in memory.
Tensor view_of(const Tensor& x, const View& raw);

namespace autograd {

/// Tells the tape that x's elements have just been overwritten with those of y: x, or the base that x is a view of,
/// takes over y's place. Recording must be on.
void adopt_place(const Tensor& x, const Tensor& y);

/// May a write into x be recorded? Error with the way out if not.
void check_recordable_write(const char* op, const Tensor& x);

}  // namespace autograd
}  // namespace gradus
