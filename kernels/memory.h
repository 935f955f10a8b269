// The block cache: memory for tensors, their elements and the nodes of the tape.
//
// A training loop asks for the same few sizes again and again. Each thread keeps the blocks that it
// has released, in one list per size class. Getting a block back is then a pop from a list and
// costs a nanosecond or two. malloc costs ten, and fresh large pages cost far more.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

namespace gradus {

namespace block_cache {

inline constexpr size_t kAlignment = 64;
inline constexpr size_t kSmall = 1024;  // up to this size there is one class per 64 bytes
inline constexpr size_t kSmallClasses = kSmall / kAlignment;
inline constexpr size_t kClasses = kSmallClasses + 4 * 22;  // then four classes per doubling, to 4 GiB
inline constexpr size_t kMostBytes = size_t{1} << 30;       // that a thread keeps

/// A size class: its number and the bytes of each of its blocks.
struct SizeClass {
  size_t index, bytes;
};

constexpr SizeClass size_class_of(size_t bytes) {
  if (bytes <= kSmall) {
    const size_t units = bytes == 0 ? 1 : (bytes + kAlignment - 1) / kAlignment;
    return {units - 1, units * kAlignment};
  }
  // 2ᵉ < bytes ≤ 2ᵉ⁺¹: round up to a quarter of 2ᵉ, so at most a quarter of a block is wasted.
  const int exponent = static_cast<int>(std::bit_width(bytes - 1)) - 1;
  const size_t quarter = size_t{1} << (exponent - 2);
  const size_t quarters = (bytes + quarter - 1) / quarter;  // 5 to 8
  return {kSmallClasses + 4 * static_cast<size_t>(exponent - 10) + (quarters - 5), quarters * quarter};
}
static_assert(size_class_of(64).index == 0 && size_class_of(65).index == 1);
static_assert(size_class_of(1025).index == kSmallClasses && size_class_of(1025).bytes == 1280);
static_assert(size_class_of(2048).bytes == 2048 && size_class_of(2049).index == kSmallClasses + 4);

/// What a block is for: the elements of a tensor, or an object such as a node of the tape.
enum class Use : uint8_t { object, elements };

/// Another source of blocks, for a thread that captures a step (tensor/program/memory.h). It gets every block that the
/// thread asks for or releases, because the thread's own lists are empty and closed in the meantime.
class Pool {
 public:
  virtual void* allocate(size_t bytes, Use use) = 0;
  virtual void release(void* block) noexcept = 0;

 protected:
  ~Pool() = default;
};

struct FreeBlock {
  FreeBlock* next;
};

struct Lists {
  FreeBlock* free[kClasses];
  size_t bytes;  // in all lists
  bool closed;   // the thread keeps no more blocks: it is ending, or has a pool
  Pool* pool;    // nullptr for almost every thread
};

// Constant-initialised and without a destructor, so reading it costs no check. (With a thread-local
// std::vector the hidden check "am I initialised yet?" cost 9% of a lab's run time.)
inline constinit thread_local Lists lists{};

void* allocate_new(size_t bytes, Use use);     // the list of its class is empty
void* allocate_from_system(size_t bytes);      // an Error if memory runs out
void release_to_system(void* block) noexcept;  // the lists are full, or closed

}  // namespace block_cache

/// At least `bytes` bytes, aligned to 64. If memory runs out, throws an Error with the size.
inline void* allocate_block(size_t bytes, block_cache::Use use = block_cache::Use::object) {
  using namespace block_cache;
  const SizeClass size_class = size_class_of(bytes);
  if (size_class.index >= kClasses) [[unlikely]]
    return allocate_new(bytes, use);
  FreeBlock*& list = lists.free[size_class.index];
  FreeBlock* block = list;
  if (!block) [[unlikely]]
    return allocate_new(bytes, use);
  list = block->next;
  lists.bytes -= size_class.bytes;
  return block;
}

/// Takes back a block of allocate_block. `bytes` is the size that was passed there.
inline void release_block(void* block, size_t bytes) noexcept {
  using namespace block_cache;
  const SizeClass size_class = size_class_of(bytes);
  if (size_class.index >= kClasses || lists.bytes + size_class.bytes > kMostBytes || lists.closed)
      [[unlikely]]
    return release_to_system(block);
  FreeBlock*& list = lists.free[size_class.index];
  list = ::new (block) FreeBlock{list};
  lists.bytes += size_class.bytes;
}

/// Returns the blocks that this thread keeps to the system.
void empty_block_cache();

/// Base class of small objects that live in cached blocks: class Node : Pooled { … }.
struct Pooled {
  static void* operator new(size_t bytes) { return allocate_block(bytes); }
  static void operator delete(void* block, size_t bytes) { release_block(block, bytes); }
};

/// Uninitialised memory for numbers that a kernel needs while it runs. Cached blocks cause no page
/// faults, which would take a tenth of the time of LAPACK's routines.
template <class T>
class Workspace {
 public:
  explicit Workspace(int64_t size) : size_(size), data_(static_cast<T*>(allocate_block(bytes()))) {}
  ~Workspace() { release_block(data_, bytes()); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  T* data() const { return data_; }
  int64_t size() const { return size_; }

 private:
  size_t bytes() const { return static_cast<size_t>(size_) * sizeof(T); }

  int64_t size_;
  T* data_;
};

}  // namespace gradus
