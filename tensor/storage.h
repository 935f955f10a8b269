// Storage: the memory of one or more tensors. Views of a tensor share its storage, and with it its version.
#pragma once

#include <functional>

#include "kernels/kernels.h"
#include "kernels/memory.h"
#include "tensor/reference.h"

namespace gradus {

/// Reference-counted memory on one device. If Gradus allocates it on the cpu, the elements follow this header in
/// the same block, so a small tensor needs one block for both, not two.
struct alignas(64) Storage {
  ReferenceCount references;
  uint32_t version = 0;  // counts in-place changes; a saved tensor compares it, see autograd/saved_tensor.h
  DeviceType device = DeviceType::CPU;
  uint16_t times_left = 0;  // set_data gave a tensor other memory; a program that uses this one must notice
  void* data = nullptr;
  int64_t bytes = 0;                            // of the elements
  std::function<void(void*)>* owner = nullptr;  // for borrowed memory (from_blob): called at the end

  /// New, uninitialised memory for `bytes` bytes of elements.
  static Ref<Storage> allocate(int64_t bytes, DeviceType device) {
    if (device != DeviceType::CPU) [[unlikely]]
      return allocate_on_device(bytes, device);
    const size_t with_header = sizeof(Storage) + static_cast<size_t>(bytes);
    auto* storage = ::new (allocate_block(with_header, block_cache::Use::elements)) Storage;
    storage->data = storage + 1;
    storage->bytes = bytes;
    return Ref<Storage>::first(storage);
  }

  /// Memory that the caller owns. `release`, if not empty, is called with `data` when the last reference is gone.
  static Ref<Storage> borrow(void* data, int64_t bytes, std::function<void(void*)> release);

  static void destroy(Storage* storage) {
    const bool elsewhere = storage->data != storage + 1;
    if (elsewhere) [[unlikely]]
      storage->release_elsewhere();
    const size_t bytes = sizeof(Storage) + (elsewhere ? 0 : static_cast<size_t>(storage->bytes));
    storage->~Storage();
    release_block(storage, bytes);
  }

 private:
  static Ref<Storage> allocate_on_device(int64_t bytes, DeviceType device);
  void release_elsewhere();
};

}  // namespace gradus
