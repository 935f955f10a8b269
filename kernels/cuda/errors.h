// Every call of the CUDA runtime is checked, and an error says which call failed, where, and why.
#pragma once

#if GRADUS_CUDA_EMULATED
#include "kernels/cuda/emulator/runtime.h"
#else
#include <cuda_runtime_api.h>
#endif

#include <string_view>

#include "kernels/cuda/place.h"
#include "kernels/error.h"

namespace gradus::cuda {

/// Throws Error "cudaMalloc (memory.cpp:40): out of memory" unless `result` is success.
inline void check_cuda(cudaError_t result, std::string_view what, const Place& place = Place::current()) {
  if (result == cudaSuccess) [[likely]]
    return;
  cudaGetLastError();  // a launch that was refused must not be reported again by the next one
  std::string_view file = place.file_name();
  file.remove_prefix(file.rfind('/') + 1);
  fail(what, " (", file, ":", place.line(), "): ", cudaGetErrorString(result));
}

}  // namespace gradus::cuda
