// Optimisers in files: save(adam, "adam.safetensors"), load(adam, "adam.safetensors"). See
// tensor/files/serialize.h.
//
// A file holds everything that the next step depends on besides the parameters and their gradients,
// under the names of PyTorch's state_dict: "state.0.exp_avg" of the first parameter,
// "param_groups.0.lr" of the first group. All fields are tensors, because a learning rate in
// decimal digits would not come back bit for bit.
#pragma once

#include "optim/optimizer.h"
#include "tensor/files/serialize.h"

namespace gradus::optim {

NamedTensors tensors_of(const Optimizer& optimizer);
/// Error, and no change, unless the optimiser has groups of as many parameters as the saved one,
/// with the same shapes and dtypes.
void set_tensors(Optimizer& optimizer, const Safetensors& file);

}  // namespace gradus::optim
