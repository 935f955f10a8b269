#include "tensor/storage.h"

#include <new>

namespace gradus {

Ref<Storage> Storage::allocate_on_device(int64_t bytes, DeviceType device) {
  void* elements = kernels_for(device).memory->allocate(bytes);
  auto* storage = ::new (allocate_block(sizeof(Storage))) Storage;
  storage->device = device;
  storage->data = elements;
  storage->bytes = bytes;
  return Ref<Storage>::first(storage);
}

void Storage::release_elsewhere() {
  if (device != DeviceType::CPU) return kernels_for(device).memory->release(data, bytes);
  if (*owner) (*owner)(data);
  delete owner;
}

}  // namespace gradus
