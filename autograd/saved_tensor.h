// SavedTensor: a tensor that a derivative rule needs later, with the proof that it is still what it was.
#pragma once

#include "autograd/grad_mode.h"
#include "tensor/tensor.h"

namespace gradus::autograd {

/// Converts to the Tensor that was saved. Throws if the tensor has been changed in place since.
class SavedTensor {
 public:
  enum class Role : uint8_t { input, output };

  /// Saves nothing while recording is off: the rule that asks for it will not be stored.
  SavedTensor(const Tensor& x, Role role)
      : tensor_(!GradMode::is_enabled() ? Tensor()
                : role == Role::output  ? x.detach()
                                        : x),
        version_(x._version()),
        role_(role),
        output_nr_(x.impl().place.output_nr) {}
  operator Tensor() const;  // NOLINT: rules are written as if they held the tensor itself

 private:
  Tensor tensor_;
  uint32_t version_;
  // An op that saves its own output must not own it: output → node → output would never be freed. It keeps an
  // alias outside the graph, and the way back into the graph is added when a rule asks for it.
  Role role_;
  uint32_t output_nr_;
};

/// For an op's rule: [b = save(b)](const Tensor& g) { return matmul(g, t(b)); }
inline SavedTensor save(const Tensor& input) { return {input, SavedTensor::Role::input}; }
/// The same for the op's own result: [y = save_output(y)](const Tensor& g) { return g * y; }
inline SavedTensor save_output(const Tensor& output) { return {output, SavedTensor::Role::output}; }

}  // namespace gradus::autograd
