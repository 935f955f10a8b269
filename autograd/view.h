// Views on the tape: tensors that show elements of another one, their base.
//
// Reading through a view is simple: x[0] is an op like any other. Writing through one is not. After
//
//     Tensor y = x * 2, row = y[0], other = y.t();
//     row.mul_(w);
//
// all three show new elements, so all three need a new place on the tape:
//
//     y      copy_slices(old y, row * w): the old y gets ȳ with zeros in row's window, row * w gets the window of ȳ
//     row    as_strided(y): the window of y that row shows. The same for other
//
// The write gives y its new place at once. A view updates its place when somebody asks for it and the storage's
// version has changed since the last time (TensorImpl::current_place). So a base need not know its views.
#pragma once

#include "tensor/tensor.h"

namespace gradus {

/// `raw` as a view of x: later writes into the view change x, in memory and on the tape.
Tensor view_of(const Tensor& x, const View& raw);

namespace autograd {

/// Tells the tape that x's elements have just been overwritten with those of y. Then x takes over y's place; if x
/// is a view, its base gets a new place that depends on y. Recording must be on.
void adopt_place(const Tensor& x, const Tensor& y);

/// Error, with the way out, if a write into x cannot be recorded.
void check_recordable_write(const char* op, const Tensor& x);

}  // namespace autograd
}  // namespace gradus
