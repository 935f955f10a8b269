#include "kernels/cuda/emulator/runtime.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "kernels/cuda/emulator/race_check.h"
#include "kernels/cuda/emulator/scheduler.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, bytes) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) static_cast<void>(0)
#endif

namespace gradus::emulator {
namespace {

constexpr size_t kAlignment = 256;  // as cudaMalloc promises

constexpr size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// The device's memory: every allocation by its address.
class DeviceMemory {
 public:
  std::mutex mutex;
  size_t total, used = 0;

  DeviceMemory() {
    const auto pages = static_cast<size_t>(std::max(sysconf(_SC_PHYS_PAGES), 0L)),
               page = static_cast<size_t>(std::max(sysconf(_SC_PAGE_SIZE), 0L));
    total = std::min(size_t{4} << 30, pages * page / 2);
    if (const char* text = std::getenv("GRADUS_EMULATOR_MEMORY")) total = std::strtoull(text, nullptr, 10);
  }

  void* allocate(size_t bytes) {
    if (bytes > total - std::min(used, total)) return nullptr;
    auto* memory = static_cast<char*>(std::aligned_alloc(kAlignment, aligned(bytes)));
    if (!memory) return nullptr;
    std::memset(memory, 0xff, bytes);  // NaN, so that reading unwritten memory shows
    ASAN_POISON_MEMORY_REGION(memory + bytes, aligned(bytes) - bytes);
    race_check::allocated(memory, bytes);
    allocations_[memory] = bytes;
    used += bytes;
    return memory;
  }

  void release(void* memory) {
    const auto found = allocations_.find(static_cast<char*>(memory));
    check(found != allocations_.end(), "cudaFree: ", memory,
          " is not the start of an allocation of the device");
    used -= found->second;
    race_check::released(memory);
    ASAN_UNPOISON_MEMORY_REGION(memory, aligned(found->second));
    allocations_.erase(found);
    std::free(memory);
  }

  /// True if these bytes are in one allocation of the device. Throws an Error if only
  /// their beginning is.
  bool holds(const char* what, const void* address, size_t bytes) const {
    const auto* first = static_cast<const char*>(address);
    auto after = allocations_.upper_bound(const_cast<char*>(first));
    if (after == allocations_.begin()) return false;
    const auto [begin, size] = *--after;
    if (first >= begin + size) return false;
    check(bytes <= static_cast<size_t>(begin + size - first), what, ": ", bytes,
          " bytes run past the end of an allocation of ", size);
    return true;
  }

 private:
  std::map<char*, size_t> allocations_;
};

DeviceMemory& device() {
  static DeviceMemory& one = *new DeviceMemory;  // never destroyed: memory may come back after main()
  return one;
}

cudaError_t last_error = cudaSuccess;
cudaError_t report(cudaError_t error) { return last_error = error; }

void check_side(const char* what, const char* name, const void* address, size_t bytes, bool on_device) {
  check(device().holds(what, address, bytes) == on_device, what, ": its ", name, " should be memory of the ",
        on_device ? "device" : "host", ", but is memory of the ", on_device ? "host" : "device");
}

void copy(const char* what, void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const std::lock_guard lock(device().mutex);
  if (bytes == 0) return;
  if (kind != cudaMemcpyDefault) {
    check_side(what, "source", from, bytes,
               kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice);
    check_side(what, "destination", to, bytes,
               kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice);
  }
  race_check::copied(to, from, bytes);
  std::memmove(to, from, bytes);
}

}  // namespace

void launch(const Launch& launch) {
  const dim3 grid = launch.grid, block = launch.block;
  const auto reject = [&](const auto&... why) {
    fail(launch.kernel, " (", At{launch.place}, "): cannot be launched: ", why...);
  };
  const auto sizes = [](const dim3& d) { return text(uint3{d.x, d.y, d.z}); };
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  if (threads == 0 || threads > 1024 || block.z > 64)
    reject("a block of ", sizes(block), " threads; at most 1024 in all, 64 in z, and not 0");
  if (uint64_t{grid.x} * grid.y * grid.z == 0 || grid.x > INT32_MAX || grid.y > 65535 || grid.z > 65535)
    reject("a grid of ", sizes(grid), " blocks; at most 2147483647, 65535 and 65535, and not 0");
  if (launch.shared_bytes > (48u << 10))
    reject(launch.shared_bytes, " bytes of shared memory; at most 49152");
  run(launch);
}

}  // namespace gradus::emulator

using gradus::emulator::device;
using gradus::emulator::last_error;
using gradus::emulator::report;

cudaError_t cudaGetDeviceCount(int* count) { return *count = 1, cudaSuccess; }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int number) {
  if (number != 0) return report(cudaErrorInvalidValue);
  *properties = {.name = "CUDA emulated on the CPU",
                 .totalGlobalMem = device().total,
                 .sharedMemPerBlock = 48u << 10,
                 .multiProcessorCount = 1,
                 .maxThreadsPerBlock = 1024,
                 .warpSize = warpSize,
                 .major = 7,
                 .minor = 5};
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  cudaDeviceProp properties;
  cudaGetDeviceProperties(&properties, 0);
  switch (attribute) {
    case cudaDevAttrClockRate:
      *value = 0;  // unknown
      break;
    case cudaDevAttrMultiProcessorCount:
      *value = properties.multiProcessorCount;
      break;
    case cudaDevAttrComputeCapabilityMajor:
      *value = properties.major;
      break;
    case cudaDevAttrComputeCapabilityMinor:
      *value = properties.minor;
      break;
  }
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = device().total;
  *free = *total - std::min(device().used, *total);
  return cudaSuccess;
}

// In the words of CUDA.
const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorNoKernelImageForDevice:
      return "no kernel image is available for execution on the device";
    case cudaErrorIllegalAddress:
      return "an illegal memory access was encountered";
    default:
      return "unrecognized error code";
  }
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last_error; }

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  const std::lock_guard lock(device().mutex);
  *memory = bytes == 0 ? nullptr : device().allocate(bytes);
  return *memory || bytes == 0 ? cudaSuccess : report(cudaErrorMemoryAllocation);
}

cudaError_t cudaFree(void* memory) {
  const std::lock_guard lock(device().mutex);
  if (memory) device().release(memory);
  return cudaSuccess;
}

cudaError_t cudaMemset(void* memory, int byte, size_t bytes) {
  const std::lock_guard lock(device().mutex);
  if (bytes == 0) return cudaSuccess;
  gradus::emulator::check_side("cudaMemset", "destination", memory, bytes, true);
  gradus::emulator::race_check::written_by_host(memory, bytes);
  std::memset(memory, byte, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int byte, size_t bytes, cudaStream_t) {
  return cudaMemset(memory, byte, bytes);
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  gradus::emulator::copy("cudaMemcpy", to, from, bytes, kind);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t) {
  gradus::emulator::copy("cudaMemcpyAsync", to, from, bytes, kind);
  return cudaSuccess;
}
