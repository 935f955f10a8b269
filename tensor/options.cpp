#include "tensor/options.h"

#include <atomic>

namespace gradus {
namespace {
std::atomic<Dtype> default_dtype{kFloat32};
}

Device::Device(std::string_view name) {
  if (name == "cpu")
    type_ = kCPU;
  else if (name == "cuda" || name == "cuda:0")
    type_ = kCUDA;
  else
    fail("unknown device \"", name, "\": there are \"cpu\" and \"cuda\"");
}

Dtype get_default_dtype() { return default_dtype.load(std::memory_order_relaxed); }

void set_default_dtype(Dtype dtype) {
  check(is_floating_point(dtype), "set_default_dtype: only floating-point types can be the default, not ",
        dtype);
  default_dtype.store(dtype, std::memory_order_relaxed);
}

}  // namespace gradus
