// Every .cu file includes this. It includes CUDA under nvcc and the emulator under any other
// compiler, and launches kernels on both.
//
//     template <class T>
//     __global__ void scale(T* x, T factor, int64_t n) {
//       for (int64_t i = global_thread(); i < n; i += all_threads()) x[i] *= factor;
//     }
//     launch<scale<T>>({blocks_for(n), kThreads}, x.as<T>(), factor, n);
//
// If the device refuses a launch, it throws an Error with the kernel's name and the place of the
// launch. Kernels belong in anonymous namespaces.
#pragma once

#include <cstdint>
#include <string_view>

#if defined(__CUDACC__)
#include <cuda_runtime.h>
#else
#include "kernels/cuda/emulator/device_functions.h"
#include "kernels/cuda/emulator/runtime.h"
#include "kernels/cuda/emulator/synchronisation.h"
#endif

#include "kernels/cuda/errors.h"
#include "kernels/cuda/place.h"
#include "kernels/cuda/stream.h"
#include "kernels/error.h"

namespace gradus::cuda {

/// The size of a launch: blocks in the grid, threads in a block, bytes of dynamic shared memory.
struct Grid {
  dim3 blocks, threads;
  size_t shared_bytes;
  Place place;

  Grid(dim3 blocks, dim3 threads, size_t shared_bytes = 0, Place place = Place::current())
      : blocks(blocks), threads(threads), shared_bytes(shared_bytes), place(place) {}
};

/// "scale<float>", from what the compiler calls this function.
template <auto kernel>
constexpr std::string_view kernel_name() {
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("kernel = ") + 9);
  name = name.substr(0, name.find_first_of(";]"));
  return name.substr(name.substr(0, name.find('<')).rfind(':') + 1);  // without namespaces
}

template <auto kernel, class... Parameters, class... Arguments>
void launch_converted(void (*)(Parameters...), const Grid& grid, const Arguments&... arguments) {
  [&](Parameters... converted) {
#if defined(__CUDACC__)
    void* addresses[] = {static_cast<void*>(&converted)..., nullptr};
    check_cuda(cudaLaunchKernel(reinterpret_cast<const void*>(kernel), grid.blocks, grid.threads, addresses,
                                grid.shared_bytes, noted_launches ? noted_launches->stream : nullptr),
               kernel_name<kernel>(), grid.place);
#else
    const auto thread = [&]() GRADUS_NOT_RACE_CHECKED { kernel(converted...); };
    emulator::launch(
        {.kernel = kernel_name<kernel>(),
         .place = grid.place,
         .grid = grid.blocks,
         .block = grid.threads,
         .shared_bytes = grid.shared_bytes,
         .thread = [](const void* call)
                       GRADUS_NOT_RACE_CHECKED { (*static_cast<const decltype(thread)*>(call))(); },
         .arguments = &thread});
    check_cuda(cudaSuccess, kernel_name<kernel>());
#endif
  }(arguments...);
}

/// Starts a kernel. The arguments are converted to the kernel's parameters.
template <auto kernel, class... Arguments>
void launch(const Grid& grid, const Arguments&... arguments) {
  launch_converted<kernel>(kernel, grid, arguments...);
}

// ---- Common ground of the kernels ---------------------------------------------------------------

/// The usual number of threads in a block.
inline constexpr int kThreads = 256;

constexpr int64_t divide_up(int64_t n, int64_t by) { return (n + by - 1) / by; }

/// The most blocks of a launch. If there are more jobs, each block takes several. The emulator has
/// only a few blocks, so that blocks take several jobs also in tests of ordinary size. It has five, so
/// that jobs whose numbers differ by a power of two are in different blocks: the race check finds
/// races between two jobs only if they are.
#if defined(__CUDACC__)
inline constexpr int64_t kMostBlocks = 1 << 16;
#else
inline constexpr int64_t kMostBlocks = 5;
#endif

/// Blocks for this many jobs, one block for each.
constexpr unsigned blocks_for_jobs(int64_t jobs) {
  return static_cast<unsigned>(jobs < kMostBlocks ? jobs : kMostBlocks);
}

/// Blocks of kThreads threads for n elements, one each.
constexpr unsigned blocks_for(int64_t n) { return blocks_for_jobs(divide_up(n, kThreads)); }

/// The number of this thread among all of a one-dimensional grid, and how many there are.
__device__ inline int64_t global_thread() { return int64_t{blockIdx.x} * blockDim.x + threadIdx.x; }
__device__ inline int64_t all_threads() { return int64_t{gridDim.x} * blockDim.x; }

/// The dynamic shared memory of the block, aligned to 16 bytes.
template <class T>
__device__ T* dynamic_shared() {
#if defined(__CUDACC__)
  extern __shared__ __align__(16) unsigned char dynamic_shared_bytes[];
  return reinterpret_cast<T*>(dynamic_shared_bytes);
#else
  return static_cast<T*>(emulator::dynamic_shared_memory());
#endif
}

/// *address = value. Several threads may store to one address at the same time. Any one of
/// their values stays.
template <class T>
__device__ void store_any(T* address, T value) {
#if defined(__CUDACC__)
  *const_cast<volatile T*>(address) = value;  // in PTX's memory model a relaxed store, which may meet others
#else
  emulator::atomic(address, [=](T) { return value; });
#endif
}

}  // namespace gradus::cuda
