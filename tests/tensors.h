// Tensors that several test programs make.
#pragma once

#include "tensor/create.h"

/// A float64 tensor from nested numbers: constant({{1, 2}, {3, 4}}).
inline gradus::Tensor constant(const gradus::NestedNumbers& numbers) {
  return gradus::tensor(numbers, gradus::kFloat64);
}

/// The same as a leaf that requires grad.
inline gradus::Tensor leaf(const gradus::NestedNumbers& numbers) {
  return gradus::tensor(numbers, gradus::dtype(gradus::kFloat64).requires_grad(true));
}
