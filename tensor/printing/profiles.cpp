// PyTorch's named print options.
#include <limits>

#include "tensor/print.h"

namespace gradus {

PrintOptions print_profile(std::string_view name) {
  if (name == "default") return {};
  if (name == "short") return {.precision = 2, .edgeitems = 2};
  if (name == "full") return {.threshold = std::numeric_limits<int64_t>::max()};
  fail("there is no print profile \"", name, "\"; there are \"default\", \"short\" and \"full\"");
}

}  // namespace gradus
