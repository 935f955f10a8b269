// Which device has which kernels, and the names that messages use.
#include "kernels/kernels.h"

#include <ostream>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cuda/cuda_kernels.h"

namespace gradus {

const Kernels& kernels_for(DeviceType device) {
  if (device == DeviceType::CPU) [[likely]]
    return cpu::kernels;
#if GRADUS_HAVE_CUDA
  return cuda::kernels();
#else
  fail("cuda: this build has no cuda kernels (GRADUS_CUDA=OFF); use the cpu (--device cpu)");
#endif
}

void no_kernel(const char* op, const char* device, Dtype dtype) {
  fail(op, " has no ", device, " kernel for ", dtype);
}

std::ostream& operator<<(std::ostream& out, const ShapeText& shape) {
  out << '(';
  for (size_t d = 0; d < shape.sizes.size(); ++d) out << (d ? ", " : "") << shape.sizes[d];
  return out << (shape.sizes.size() == 1 ? ",)" : ")");
}

}  // namespace gradus
