// What errors of the CUDA runtime mean for a user of Gradus.
#include "kernels/cuda/errors.h"

#include "kernels/error.h"

namespace gradus::cuda {
namespace {

/// "12.4", from 12040.
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace

std::string way_out(cudaError_t result) {
  switch (result) {
    case cudaErrorMemoryAllocation:
      return "; use smaller batches or tensors, "
             "or end other programs that use the device (nvidia-smi lists them)";
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
    case cudaErrorInvalidPtx:
      return "; this build has no kernels for this GPU: build on this machine, "
             "or with -D CMAKE_CUDA_ARCHITECTURES=90 for a GPU of compute capability 9.0 "
             "(nvidia-smi --query-gpu=compute_cap --format=csv)";
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorAssert:
      return "; a kernel has failed, perhaps an earlier one, "
             "and this program cannot use the device any more: "
             "run it again with CUDA_LAUNCH_BLOCKING=1, which names the kernel, "
             "or under compute-sanitizer, which names the line";
    case cudaErrorLaunchTimeout:
      return "; the display's driver ended a kernel that ran too long: use smaller tensors, "
             "or a GPU without a display";
    case cudaErrorDevicesUnavailable:
      return "; another program has the device for itself: wait for its end";
    default:
      return "";
  }
}

void fail_cuda(cudaError_t result, std::string_view what, const Place& place) {
  cudaGetLastError();  // a launch that was refused must not be reported again by the next one
  std::string_view file = place.file_name();
  file.remove_prefix(file.rfind('/') + 1);
  fail(what, " (", file, ":", place.line(), "): ", cudaGetErrorString(result), way_out(result));
}

std::string why_no_device(cudaError_t result, int devices, int driver, int runtime) {
  if (result == cudaSuccess && devices > 0) return "";
  const std::string none = "cuda: no device can be used: ", or_cpu = ", or use the cpu (--device cpu)";
  if (driver == 0)
    return none + "this machine has no NVIDIA driver; install it (nvidia-smi shows whether it works)" +
           or_cpu;
  // Within a major version an older driver is enough.
  if (result == cudaErrorInsufficientDriver || driver / 1000 < runtime / 1000)
    return none + "the driver is made for CUDA " + version_text(driver) + ", but this build needs CUDA " +
           version_text(runtime / 1000 * 1000) + "; install a newer driver, build with the toolkit of CUDA " +
           version_text(driver) + or_cpu;
  if (result == cudaSuccess || result == cudaErrorNoDevice)
    return none +
           "there is none, or CUDA_VISIBLE_DEVICES hides it; "
           "nvidia-smi -L lists them; use the cpu (--device cpu)";
  return none + cudaGetErrorString(result) +
         "; nvidia-smi shows whether the driver works; use the cpu (--device cpu)";
}

}  // namespace gradus::cuda
