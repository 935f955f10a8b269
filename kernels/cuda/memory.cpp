// Memory of the device, and copies between it and the host.
//
// cudaMalloc takes some microseconds and waits for the device. cudaFree waits for all its work. So
// released blocks are kept in one list per size and handed out again. This is safe while kernels
// that use them still run, because all kernels run in one stream, one after another. If the device
// has no more memory, all kept blocks are returned to it, and the allocation is tried once more.
#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <vector>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/errors.h"

namespace gradus::cuda {
namespace {

// The checking builds must see where each allocation ends, and when.
#if defined(__SANITIZE_ADDRESS__) || GRADUS_RACE_CHECK
constexpr bool kCaching = false;
#else
constexpr bool kCaching = true;
#endif

/// Rounded up to 512 bytes, and from 2 KiB on to a quarter of a power of two: at most a
/// quarter is wasted.
int64_t block_size(int64_t bytes) {
  if (!kCaching) return std::max<int64_t>(bytes, 1);
  const auto wanted = static_cast<uint64_t>(std::max<int64_t>(bytes, 1));
  const uint64_t step = std::max<uint64_t>(512, std::bit_floor(wanted - 1) / 4);
  return static_cast<int64_t>((wanted + step - 1) / step * step);
}

struct Cache {
  std::mutex mutex;
  std::map<int64_t, std::vector<void*>> blocks;  // by size
};

Cache& cache() {
  // It is never destroyed: tensors of static lifetime give their memory back after main().
  static Cache& one = *new Cache;
  return one;
}

/// Returns everything kept to the device. The caller holds the lock.
void empty(Cache& cache) {
  for (const auto& [size, blocks] : cache.blocks)
    for (void* block : blocks) check_cuda(cudaFree(block), "cudaFree");
  cache.blocks.clear();
}

void* allocate(int64_t bytes) {
  const int64_t size = block_size(bytes);
  const std::lock_guard lock(cache().mutex);
  if (const auto kept = cache().blocks.find(size); kept != cache().blocks.end() && !kept->second.empty()) {
    void* block = kept->second.back();
    kept->second.pop_back();
    return block;
  }
  void* block = nullptr;
  cudaError_t result = cudaMalloc(&block, static_cast<size_t>(size));
  if (result == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    empty(cache());
    result = cudaMalloc(&block, static_cast<size_t>(size));
  }
  if (result == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    fail("out of memory on cuda: could not allocate ", bytes, " bytes; ", free, " of its ", total,
         " are free", way_out(result));
  }
  check_cuda(result, "cudaMalloc");
  return block;
}

void release(void* block, int64_t bytes) {
  const std::lock_guard lock(cache().mutex);
  if (kCaching)
    cache().blocks[block_size(bytes)].push_back(block);
  else
    check_cuda(cudaFree(block), "cudaFree");
}

// From ordinary memory CUDA copies to the device asynchronously: it returns once the bytes are in a
// buffer of its own.
void copy_from_host(const void* host, void* block, int64_t bytes) {
  check_cuda(cudaMemcpyAsync(block, host, static_cast<size_t>(bytes), cudaMemcpyHostToDevice, nullptr),
             "copy to the device");
}

void copy_to_host(const void* block, void* host, int64_t bytes) {  // waits for the kernels that write `block`
  check_cuda(cudaMemcpy(host, block, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost),
             "copy from the device");
}

void synchronize() { check_cuda(cudaDeviceSynchronize(), "synchronize"); }

const char* device_name() {
  static const cudaDeviceProp properties = [] {
    cudaDeviceProp first{};
    check_cuda(cudaGetDeviceProperties(&first, 0), "cudaGetDeviceProperties");
    return first;
  }();
  return properties.name;
}

}  // namespace

const DeviceMemory memory = {.allocate = allocate,
                             .release = release,
                             .copy_from_host = copy_from_host,
                             .copy_to_host = copy_to_host,
                             .synchronize = synchronize,
                             .device_name = device_name};

}  // namespace gradus::cuda
