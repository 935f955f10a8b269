// The choice of a device's kernels, and functions for messages.
#include "kernels/kernels.h"

#include <cstdlib>
#include <ostream>
#include <string_view>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cuda/cuda_kernels.h"
#include "kernels/graphs.h"
#include "kernels/plain/plain.h"

namespace gradus {
namespace {

/// The fast kernels, unless the build has none or the environment variable GRADUS_KERNELS asks
/// for the plain ones.
const Kernels& choose_cpu_kernels() {
  const char* variable = std::getenv("GRADUS_KERNELS");
  const std::string_view choice = variable ? variable : "";
  check(choice.empty() || choice == "plain" || choice == "fast", "GRADUS_KERNELS is \"", choice,
        "\"; it must be \"plain\", \"fast\" or unset");
#if GRADUS_HAVE_FAST
  if (choice != "plain") return cpu::kernels();
#else
  check(choice != "fast",
        "GRADUS_KERNELS is \"fast\", but this build has only the plain kernels (GRADUS_FAST=OFF)");
#endif
  return plain::kernels();
}

const Kernels& cuda_kernels() {
#if GRADUS_HAVE_CUDA
  return cuda::kernels();
#else
  fail("cuda: this build has no cuda kernels (GRADUS_CUDA=OFF); use the cpu (--device cpu)");
#endif
}

}  // namespace

const Kernels& find_kernels(DeviceType device) {
  // The first use of a device may be before main().
  const Kernels& chosen = device == DeviceType::CPU ? choose_cpu_kernels() : cuda_kernels();
  kernels_in_force[static_cast<int>(device)].store(&chosen, std::memory_order_release);
  return chosen;
}

const DeviceGraphs* cuda_graphs() {
#if GRADUS_HAVE_CUDA
  return cuda::graphs();
#else
  return nullptr;
#endif
}

void no_kernel(const char* op, const char* device, Dtype dtype) {
  fail(op, " has no ", device, " kernel for ", dtype);
}

void check_fits(const char* op, const Scalar& number, Dtype dtype) {
  visit_stored_dtype(dtype, [&]<class T>(T) {
    check(std::floating_point<T> || number.fits<T>(), op, ": ", number, " cannot be converted to ", dtype,
          " without overflow");
  });
}

std::ostream& operator<<(std::ostream& out, const Scalar& number) {
  return number.isFloatingPoint() ? out << number.toDouble() : out << number.toLong();
}

std::ostream& operator<<(std::ostream& out, const ShapeText& shape) {
  out << '(';
  for (size_t d = 0; d < shape.sizes.size(); ++d) out << (d ? ", " : "") << std::to_string(shape.sizes[d]);
  return out << (shape.sizes.size() == 1 ? ",)" : ")");
}

}  // namespace gradus
