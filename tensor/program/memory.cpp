#include "tensor/program/memory.h"

#include <algorithm>
#include <cstdlib>

namespace gradus::programs {

using block_cache::Use;

void* ProgramMemory::allocate(size_t bytes, Use use, const DeviceMemory* device) {
  if (is_paused) return block_cache::allocate_from_system(bytes);
  const size_t tensor = released_.size();
  released_.push_back(false);
  // A device takes a block back with the size that it was asked for.
  const size_t rounded = device ? bytes : block_cache::size_class_of(bytes).bytes;
  FreeList& free = free_[{rounded, use, device}];
  if (!free.addresses.empty()) {
    std::byte* address = free.addresses.back();
    free.addresses.pop_back();
    Block& block = blocks_.at(address);
    block.is_free = false;
    block.owner = nullptr;
    block.tensor = tensor;
    return address;
  }
  free.addresses.reserve(free.count + 1);
  void* address =
      device ? device->allocate(static_cast<int64_t>(rounded)) : block_cache::allocate_from_system(rounded);
  blocks_.emplace(static_cast<std::byte*>(address), Block{rounded, use, device, tensor});
  ++free.count;
  return address;
}

void ProgramMemory::release(void* block) noexcept {
  if (!release_own(block)) std::free(block);  // it was allocated before the capture
}

bool ProgramMemory::release_own(void* released) noexcept {
  auto* address = static_cast<std::byte*>(released);
  const auto found = blocks_.find(address);
  if (found == blocks_.end()) return false;
  Block& block = found->second;
  block.is_free = true;
  released_[block.tensor] = true;
  free_.find(Kind{block.bytes, block.use, block.device})->second.addresses.push_back(address);
  return true;
}

ProgramMemory::Found ProgramMemory::find(const void* address) const {
  const auto after = blocks_.upper_bound(static_cast<std::byte*>(const_cast<void*>(address)));
  if (after == blocks_.begin()) return {nullptr, nullptr};
  const auto& [first, block] = *std::prev(after);
  return address < first + block.bytes ? Found{first, &block} : Found{nullptr, nullptr};
}

size_t ProgramMemory::note_use(const void* address, Storage* owner) {
  const Found found = find(address);
  if (!found.block) return kOutside;
  Block& block = blocks_.at(const_cast<std::byte*>(found.address));
  block.is_used = true;
  block.owner = owner;
  return block.tensor;
}

bool ProgramMemory::is_on_device() const {
  return std::ranges::any_of(blocks_, [](const auto& entry) { return entry.second.device != nullptr; });
}

void ProgramMemory::close() {
  free_.clear();
  for (auto entry = blocks_.begin(); entry != blocks_.end();) {
    auto& [address, block] = *entry;
    if (!block.is_used) {
      if (block.is_free) give_back(address, block);
      entry = blocks_.erase(entry);
      continue;
    }
    if (!block.is_free) {
      // On the CPU the header of a storage begins its block.
      Storage* owner = block.device ? block.owner : reinterpret_cast<Storage*>(address);
      check(owner != nullptr, "capture: a tensor that was made by empty() was never written");
      kept_.emplace_back(owner);
    }
    ++entry;
  }
}

ProgramMemory::~ProgramMemory() {
  for (const auto& [address, block] : blocks_)
    if (block.is_free) give_back(address, block);
}

void ProgramMemory::give_back(void* address, const Block& block) {
  if (block.device)
    block.device->release(address, static_cast<int64_t>(block.bytes));
  else
    std::free(address);
}

size_t ProgramMemory::bytes() const {
  size_t sum = 0;
  for (const auto& [address, block] : blocks_) sum += block.bytes;
  return sum;
}

}  // namespace gradus::programs
