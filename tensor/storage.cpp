#include "tensor/storage.h"

#include <new>

namespace gradus {

Ref<Storage> Storage::allocate(int64_t bytes, DeviceType device) {
  if (device != DeviceType::CPU) [[unlikely]]
    return allocate_on_device(bytes, device);
  auto* storage = ::new (allocate_block(sizeof(Storage) + bytes)) Storage;
  storage->data = storage + 1;
  storage->bytes = bytes;
  return Ref<Storage>(storage);
}

Ref<Storage> Storage::allocate_on_device(int64_t bytes, DeviceType device) {
  void* elements = kernels_for(device).memory->allocate(bytes);
  auto* storage = ::new (allocate_block(sizeof(Storage))) Storage;
  storage->device = device;
  storage->data = elements;
  storage->bytes = bytes;
  return Ref<Storage>(storage);
}

Ref<Storage> Storage::borrow(void* data, int64_t bytes, std::function<void(void*)> release) {
  auto* storage = ::new (allocate_block(sizeof(Storage))) Storage;
  storage->data = data;
  storage->bytes = bytes;
  storage->owner = new std::function<void(void*)>(std::move(release));
  return Ref<Storage>(storage);
}

void Storage::destroy(Storage* storage) {
  const bool elsewhere = storage->data != storage + 1;
  if (elsewhere) storage->release_elsewhere();
  const size_t bytes = sizeof(Storage) + (elsewhere ? 0 : storage->bytes);
  storage->~Storage();
  release_block(storage, bytes);
}

void Storage::release_elsewhere() {
  if (device != DeviceType::CPU) return kernels_for(device).memory->release(data, bytes);
  if (*owner) (*owner)(data);
  delete owner;
}

}  // namespace gradus
