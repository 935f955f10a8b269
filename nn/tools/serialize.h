// Modules in files: save(net, "net.safetensors"), load(net, "net.safetensors"). See tensor/files/serialize.h.
#pragma once

#include "nn/module.h"
#include "tensor/files/serialize.h"

namespace gradus::nn {

/// The parameters and buffers of a module and of all modules below it, under names such as "hidden.weight".
/// A tensor that is registered twice is saved under both names, as by PyTorch.
NamedTensors tensors_of(const Module& module);
/// Copies the values of the file into the module's own tensors, so that optimisers keep referring to them.
/// Names, shapes and dtypes must agree; otherwise an Error lists all differences and nothing changes.
void set_tensors(Module& module, const Safetensors& file);

// For save(net, …) with a std::shared_ptr<Net> or a holder such as nn::Sequential.
inline NamedTensors tensors_of(const std::shared_ptr<Module>& module) { return tensors_of(*module); }
inline void set_tensors(const std::shared_ptr<Module>& module, const Safetensors& file) {
  set_tensors(*module, file);
}
template <class Contained>
NamedTensors tensors_of(const ModuleHolder<Contained>& module) {
  return tensors_of(*module);
}
template <class Contained>
void set_tensors(const ModuleHolder<Contained>& module, const Safetensors& file) {
  set_tensors(*module, file);
}

}  // namespace gradus::nn
