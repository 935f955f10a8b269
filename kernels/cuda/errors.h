// Every call of the CUDA runtime is checked, and an error says which call failed, where, why, and
// what to do about it.
#pragma once

#if GRADUS_CUDA_EMULATED
#include "kernels/cuda/emulator/runtime.h"
#else
#include <cuda_runtime_api.h>
#endif

#include <string>
#include <string_view>

#include "kernels/cuda/place.h"

namespace gradus::cuda {

/// Called with the name of every checked call, "copy from the device" or "softmax_rows<float>". A
/// test counts them: a training step must not wait for the device where nobody expects it.
inline void (*on_cuda_call)(std::string_view what) = nullptr;

/// Throws Error "cudaMalloc (memory.cpp:40): out of memory; …", with the way out after the semicolon.
[[noreturn]] void fail_cuda(cudaError_t result, std::string_view what, const Place& place);

/// Throws unless `result` is success.
inline void check_cuda(cudaError_t result, std::string_view what, const Place& place = Place::current()) {
  if (on_cuda_call) [[unlikely]]
    on_cuda_call(what);
  if (result != cudaSuccess) [[unlikely]]
    fail_cuda(result, what, place);
}

/// What to do about an error of the CUDA runtime: "; …", or "" where nothing is known.
std::string way_out(cudaError_t result);

/// Why no device can be used, from the answers of cudaGetDeviceCount, cudaDriverGetVersion (0: there
/// is no driver) and cudaRuntimeGetVersion (12040 is 12.4). Empty if one can.
std::string why_no_device(cudaError_t result, int devices, int driver, int runtime);

}  // namespace gradus::cuda
