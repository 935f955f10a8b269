// SavedTensor: a tensor that a derivative rule needs later, and the version that tells whether it has changed.
#pragma once

#include "autograd/grad_mode.h"
#include "tensor/tensor.h"

namespace gradus::autograd {

/// A tensor that was saved for backward. An op's node must not own the op's result: the cycle result → node →
/// result would never be freed. So for a result, SavedTensor keeps an alias outside the graph, and unpack()
/// returns a tensor that has the result's place in the graph.
class SavedTensor {
 public:
  enum class Role : uint8_t { input, output };

  SavedTensor(const Tensor& x, Role role)
      : tensor_(role == Role::output ? x.detach() : x),
        version_(x._version()),
        role_(role),
        output_nr_(x.impl().place.output_nr) {}

  /// The saved tensor. Throws Error if it has been changed in place since it was saved.
  Tensor unpack() const;

 private:
  Tensor tensor_;
  uint32_t version_;
  Role role_;
  uint32_t output_nr_;
};

}  // namespace gradus::autograd
