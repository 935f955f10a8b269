#include "tensor/storage.h"

#include <new>

namespace gradus {

Ref<Storage> Storage::allocate(int64_t bytes, DeviceType device) {
  kernels_for(device);  // an Error if there is no such device
  auto* storage = ::new (allocate_block(sizeof(Storage) + bytes)) Storage;
  storage->device = device;
  storage->data = storage + 1;
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
  const bool borrowed = storage->owner != nullptr;
  if (borrowed) {
    if (*storage->owner) (*storage->owner)(storage->data);
    delete storage->owner;
  }
  const size_t bytes = sizeof(Storage) + (borrowed ? 0 : storage->bytes);
  storage->~Storage();
  release_block(storage, bytes);
}

}  // namespace gradus
