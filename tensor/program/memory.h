// ProgramMemory: where the tensors of a captured step live.
//
// The step allocates and releases as it always does, but from a pool of its own. A block that the step
// releases is given to a later tensor of the same step, so the program inherits the plan of memory
// that the step found by itself. After the capture the blocks stay where they are: the program's
// calls hold their addresses.
#pragma once

#include <map>

#include "tensor/storage.h"

namespace gradus::programs {

class ProgramMemory final : public block_cache::Pool {
 public:
  /// Memory for elements or for an object. `device` is nullptr for the CPU.
  struct Block {
    size_t bytes;
    block_cache::Use use;
    const DeviceMemory* device;
    /// The number of the tensor in the block. Several tensors of a step may use a block in turn.
    size_t tensor;
    bool is_free = false;
    bool is_used = false;      // by a call of the program
    Storage* owner = nullptr;  // the last storage through which a call used it
  };

  ~ProgramMemory();

  void* allocate(size_t bytes, block_cache::Use use) override { return allocate(bytes, use, nullptr); }
  void release(void* block) noexcept override;
  void* allocate(size_t bytes, block_cache::Use use, const DeviceMemory* device);
  /// Takes back a block of this memory. Returns false if it is not one.
  bool release_own(void* block) noexcept;

  /// True while the host works. Memory that the host allocates, such as the state of an optimiser, lives on between
  /// replays and must not share blocks with the step.
  bool is_paused = false;

  struct Found {
    const std::byte* address;  // of the block's first byte
    const Block* block;        // nullptr for memory that was there before the capture
  };
  /// The block that contains an address.
  Found find(const void* address) const;
  /// Notes that a call uses the memory at this address, which belongs to `owner`. Returns the number of the tensor that
  /// is there now, or kOutside for memory that was there before the capture.
  size_t note_use(const void* address, Storage* owner);
  static constexpr size_t kOutside = static_cast<size_t>(-1);

  /// Did the step itself release this tensor? Then only the program sees it.
  bool is_released(size_t tensor) const { return released_[tensor]; }
  /// Is any block on a device other than the CPU?
  bool is_on_device() const;

  /// Ends the capture. Gives back the blocks that no call uses. If a call uses a storage to which a tensor still refers,
  /// the program keeps the storage alive.
  void close();

  /// Bytes of the blocks that calls use.
  size_t bytes() const;

 private:
  struct Kind {  // blocks of one kind can take each other's place
    size_t bytes;
    block_cache::Use use;
    const DeviceMemory* device;
    auto operator<=>(const Kind&) const = default;
  };
  struct FreeList {
    // It has room for all blocks of the kind, so that a release never allocates.
    std::vector<std::byte*> addresses;
    size_t count = 0;  // of all blocks of the kind
  };
  static void give_back(void* address, const Block& block);

  std::map<std::byte*, Block> blocks_;  // by address
  std::vector<bool> released_;          // by the number of a tensor
  std::map<Kind, FreeList> free_;
  std::vector<Ref<Storage>> kept_;  // storages that tensors and the program shared when the capture ended
};

}  // namespace gradus::programs
