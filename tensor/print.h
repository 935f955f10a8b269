// Printing tensors as Python's PyTorch prints them.
//
//     tensor([[ 0.6242, -0.2610],
//             [ 0.8736,  1.5947]], grad_fn=<MmBackward0>)
//
// libtorch's own operator<< prints in another form. Gradus prints the form that lab sheets and textbooks show,
// but writes the dtype without "torch.".
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace gradus {

/// How tensors are printed. The defaults are PyTorch's.
struct PrintOptions {
  int precision = 4;         // digits after the decimal point
  int64_t threshold = 1000;  // a tensor with more elements than this is shortened with "..."
  int64_t edgeitems = 3;     // how many elements a shortened dimension shows at either end
  int linewidth = 80;        // columns after which a row is wrapped
  /// Scientific notation: always or never. By default it is used if numbers are very large, very small or far apart.
  std::optional<bool> sci_mode = std::nullopt;
};

/// Applies to all tensors printed from now on: set_printoptions({.precision = 2}). Options that are not
/// named get their defaults. Error unless precision is 0 to 100, edgeitems at least 1, and threshold
/// and linewidth not negative.
void set_printoptions(const PrintOptions& options);
/// The options that PyTorch has under a name: "default"; "short", with 2 digits and 2 edge items; "full", which never
/// leaves elements out. set_printoptions(print_profile("full"))
PrintOptions print_profile(std::string_view name);
PrintOptions get_printoptions();

/// "tensor(0.1220)", "tensor([1, 2])", "tensor([], size=(0, 3))"; "tensor(undefined)" for an undefined tensor.
std::ostream& operator<<(std::ostream& out, const Tensor& x);

/// The name of the op that made x, such as "MmBackward0"; "" for a leaf. This folder does not know what an op is,
/// so the function is defined in autograd/tools/tape.cpp.
std::string grad_fn_name(const Tensor& x);

}  // namespace gradus
