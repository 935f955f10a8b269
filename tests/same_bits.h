// Compares tensors bit by bit.
#pragma once

#include <cstring>

#include "gradus.h"

namespace gradus {

/// Are all bits of the elements the same?
inline bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.contiguous(), y = b.contiguous();
  return x.dtype() == y.dtype() && x.sizes() == y.sizes() &&
         std::memcmp(x.data_ptr(), y.data_ptr(), static_cast<size_t>(x.numel() * item_size(x.dtype()))) == 0;
}

}  // namespace gradus
