// Inputs for the ops of the list, on any device and in any dtype and memory layout.
#pragma once

#include <functional>
#include <utility>

#include "op_list.h"
#include "op_list/array.h"

namespace gradus::test {

enum class Layout { contiguous, transposed, expanded, offset };
inline const std::pair<Layout, const char*> kLayouts[] = {{Layout::contiguous, "contiguous"},
                                                          {Layout::transposed, "transposed"},
                                                          {Layout::expanded, "expanded"},
                                                          {Layout::offset, "offset"}};

/// One combination of device, dtype and layout.
struct Setting {
  Device device;
  Dtype dtype;
  Layout layout;
};

/// One input: the leaf tensor, the sizes to which the op's argument expands it, and the elements
/// for the reference.
struct LaidOut {
  Tensor leaf;
  Sizes sizes;
  Array elements;
};

/// Draws the elements of an input and lays them out in memory.
LaidOut make_input(const Input& input, const Setting& setting, Random& random);

/// The leaves of an op's inputs, and the op as a function of these leaves.
struct Prepared {
  variable_list leaves;
  std::function<variable_list(const variable_list&)> function;
  Arrays elements;
};

/// Makes the inputs of an op. Another `draw` gives other elements.
Prepared prepare(const Op& op, const Setting& setting, uint32_t draw = 0);

}  // namespace gradus::test
