// Modules in files: save(net, "net.safetensors"), load(net, "net.safetensors"). See tensor/serialize.h.
#pragma once

#include "nn/module.h"
#include "tensor/serialize.h"

namespace gradus::nn {

/// The parameters and buffers of a module and all below it, under names such as "hidden.weight".
NamedTensors tensors_of(const Module& module);
/// Writes the values into the module's own tensors, which optimisers know. Names, shapes and dtypes must be the same on
/// both sides; an Error lists all that differ.
void set_tensors(Module& module, const Safetensors& file);

// save(net, …) where net is a std::shared_ptr<Net>, or a holder such as nn::Sequential.
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
