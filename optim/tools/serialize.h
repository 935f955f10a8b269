// Optimisers in files: save(adam, "adam.safetensors"), load(adam, "adam.safetensors"). See tensor/files/serialize.h.
//
// A file holds everything on which the next step depends, except the parameters and their gradients. The
// names are those of PyTorch's state_dict: "state.0.exp_avg" of the first parameter, "param_groups.0.lr"
// of the first group. All values are stored as tensors, because a learning rate in decimal digits could
// change its last bits.
#pragma once

#include "optim/optimizer.h"
#include "tensor/files/serialize.h"

namespace gradus::optim {

/// The options and the state of an optimiser, as named tensors.
NamedTensors tensors_of(const Optimizer& optimizer);
/// Sets the options and the state from a file. Throws and changes nothing unless the groups have as many
/// parameters as those of the saved optimiser, with the same shapes and dtypes.
void set_tensors(Optimizer& optimizer, const Safetensors& file);

}  // namespace gradus::optim
