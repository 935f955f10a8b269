// Asynchronous copies from global to shared memory: cp.async of PTX, from compute capability 8.0 on.
//
//     copy_async<16>(&tile[i], &x[i], 16);   // begins a copy; needs no register for the data
//     commit_copies();                       // the copies since the last commit are a group
//     wait_for_copies<1>();                  // until at most one group of this thread is under way
//     __syncthreads();                       // only now may other threads read the tile
//
// A thread waits only for its own copies. So before other threads read them, a wait must come first, and then a barrier.
// The race check reports a thread that reads too early.
#pragma once

#include "kernels/cuda/launch.h"

#if !defined(__CUDACC__)
#include "kernels/cuda/emulator/async_copy.h"
#endif

namespace gradus::cuda {

/// Begins to copy `valid` of these bytes; the rest become zeros. Both addresses are multiples of
/// `bytes`, which is 4, 8 or 16. An older GPU copies at once.
#if defined(__CUDACC__)
template <int bytes>
__device__ void copy_async(void* shared, const void* global, int valid) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
#if __CUDA_ARCH__ >= 800
  const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  if constexpr (bytes == 16)  // .cg bypasses the first cache, where the data would be of no use
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(valid)
                 : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %3, %2;" ::"r"(to), "l"(global), "r"(valid),
                 "n"(bytes)
                 : "memory");
#else
  auto* target = static_cast<int*>(shared);
  const auto* source = static_cast<const int*>(global);
#pragma unroll
  for (int word = 0; word < bytes / 4; ++word) target[word] = word * 4 < valid ? source[word] : 0;
#endif
}
#else
template <int bytes>
[[gnu::noinline]] void copy_async(void* shared, const void* global, int valid) {  // returns into the kernel
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
  emulator::begin_copy(shared, global, bytes, valid, __builtin_return_address(0));
}
#endif

/// The copies that this thread has begun since the last commit become a group, perhaps an empty one.
__device__ inline void commit_copies() {
#if !defined(__CUDACC__)
  emulator::commit_copies();
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until all groups of this thread but the last `groups` have arrived.
template <int groups>
__device__ void wait_for_copies() {
#if !defined(__CUDACC__)
  emulator::wait_for_copies(groups);
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(groups) : "memory");
#endif
}

}  // namespace gradus::cuda
