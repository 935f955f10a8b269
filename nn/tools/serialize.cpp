#include "nn/tools/serialize.h"

#include "autograd/grad_mode.h"

namespace gradus::nn {

NamedTensors tensors_of(const Module& module) {
  NamedTensors tensors;
  for (const auto& named : {module.named_parameters(true, false), module.named_buffers(true, false)})
    for (const auto& item : named)
      check(tensors.emplace(item.key(), item.value()).second,
            "save: the module has a parameter and a buffer called \"", shown(item.key()), '"');
  return tensors;
}

void set_tensors(Module& module, const Safetensors& file) {
  const NamedTensors ours = tensors_of(module);
  Differences differences;
  for (const auto& [name, x] : ours) {
    const auto found = file.tensors.find(name);
    if (found == file.tensors.end())
      differences.missing(name);
    else
      differences.compare(name, found->second, x.dtype(), x.sizes());
  }
  for (const auto& [name, x] : file.tensors)
    if (!ours.contains(name)) differences.unexpected(name);
  differences.check_none(file.source);

  const NoGradGuard no_grad;
  for (const auto& [name, x] : ours) x.copy_(file.tensors.at(name));
}

}  // namespace gradus::nn
