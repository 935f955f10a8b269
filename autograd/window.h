// Windows: views that leave elements out, such as x[0]. Reading through a window and putting values into zeros
// there are transposed maps, so each is the derivative rule of the other.
//
// A window is a function from the View of the whole to the View of a part, in which no element appears twice. It
// works for any strides of the whole, so a rule can apply it to a new array.
#pragma once

#include "autograd/record.h"
#include "autograd/view.h"
#include "tensor/create.h"

namespace gradus::autograd {

/// The whole is any tensor of this shape.
struct OfShape {
  static constexpr const char* kReading = "select";  // the name of read_through on the tape
  Shape shape;

  Tensor zeros(const TensorOptions& options) const { return gradus::zeros(shape, options); }
  Tensor arrange(const Tensor& x) const { return x; }
};

template <class Whole, class Window>
Tensor put_in_zeros(const Tensor& values, const Whole& whole, const Window& window);

// y = the elements of x in the window      x̄ = zeros, with ȳ in the window
template <class Whole, class Window>
Tensor read_through(const char* op, const Tensor& x, const Whole& whole, const Window& window) {
  const Tensor memory = whole.arrange(x);
  return record(op, view_of(memory, window(memory.raw())),
                wrt(x, [whole, window](const Tensor& g) { return put_in_zeros(g, whole, window); }));
}

// y = zeros, with v in the window          v̄ = the elements of ȳ in the window
template <class Whole, class Window>
Tensor put_in_zeros(const Tensor& values, const Whole& whole, const Window& window) {
  const Tensor y = whole.zeros(values.options());
  kernels_of(y).copy(values.raw(), window(y.raw()));
  return record("put_in_zeros", y, wrt(values, [whole, window](const Tensor& g) {
                  return read_through(Whole::kReading, g, whole, window);
                }));
}

}  // namespace gradus::autograd
