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

  /// The same without the check, for tools. A result comes without its place on the tape.
  const Tensor& tensor() const { return tensor_; }
  bool is_output() const { return role_ == Role::output; }

 private:
  Tensor tensor_;
  uint32_t version_;
  Role role_;
  uint32_t output_nr_;
};

/// Appends the addresses of the tensors.
void append(std::vector<const SavedTensor*>& list, std::span<const SavedTensor> saved);

}  // namespace gradus::autograd
