// The device kCUDA, as programs ask about it: see tensor/options.h.
#include "tensor/options.h"

namespace gradus::cuda {

bool is_available() {
  try {
    kernels_for(kCUDA);
    return true;
  } catch (const Error&) {
    return false;
  }
}

int64_t device_count() { return is_available() ? 1 : 0; }
void synchronize() { kernels_for(kCUDA).memory->synchronize(); }
std::string device_name() { return kernels_for(kCUDA).memory->device_name(); }

}  // namespace gradus::cuda
