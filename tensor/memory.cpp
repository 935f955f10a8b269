#include "tensor/memory.h"

#include <bit>
#include <cstdlib>
#include <new>

#include "kernels/error.h"

namespace gradus {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kSmall = 1024;  // up to here one class per 64 bytes
constexpr size_t kSmallClasses = kSmall / kAlignment;
constexpr size_t kClasses = kSmallClasses + 4 * 22;  // then four classes per doubling, to 4 GiB
constexpr size_t kMostCachedBytes = size_t{256} << 20;

// AddressSanitizer can only see a use after release if released memory really goes back to it.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCaching = false;
#else
constexpr bool kCaching = true;
#endif

/// A size class: its number and how many bytes each of its blocks has.
struct SizeClass {
  size_t index, bytes;
};

constexpr SizeClass size_class_of(size_t bytes) {
  if (bytes <= kSmall) {
    const size_t units = bytes == 0 ? 1 : (bytes + kAlignment - 1) / kAlignment;
    return {units - 1, units * kAlignment};
  }
  // 2ᵉ < bytes ≤ 2ᵉ⁺¹: round up to a quarter of 2ᵉ, so at most a quarter of a block is wasted.
  const int exponent = std::bit_width(bytes - 1) - 1;
  const size_t quarter = size_t{1} << (exponent - 2);
  const size_t quarters = (bytes + quarter - 1) / quarter;  // 5 to 8
  return {kSmallClasses + 4 * (exponent - 10) + (quarters - 5), quarters * quarter};
}
static_assert(size_class_of(64).index == 0 && size_class_of(65).index == 1);
static_assert(size_class_of(1025).index == kSmallClasses && size_class_of(1025).bytes == 1280);
static_assert(size_class_of(2048).bytes == 2048 && size_class_of(2049).index == kSmallClasses + 4);

struct FreeBlock {
  FreeBlock* next;
};

struct BlockCache {
  FreeBlock* lists[kClasses];
  size_t bytes;  // held in all lists
  bool closed;   // the thread is ending: keep nothing any more
};

// Constant-initialised, without a destructor: reading it costs no check. (A thread-local std::vector cost 9%
// of a lab's run time for its hidden "am I initialised yet?".)
constinit thread_local BlockCache cache{};

/// Empties the cache when its thread ends. Touched only where a block comes from the system, the slow path.
struct CloseAtThreadExit {
  ~CloseAtThreadExit() {
    empty_block_cache();
    cache.closed = true;
  }
};

void* allocate_from_system(size_t bytes) {
  thread_local CloseAtThreadExit closer;
  (void)closer;
  void* block = std::aligned_alloc(kAlignment, bytes);
  if (!block) {  // what this thread keeps for later may be what is missing now
    empty_block_cache();
    block = std::aligned_alloc(kAlignment, bytes);
  }
  check(block != nullptr, "out of memory: could not allocate ", bytes, " bytes");
  return block;
}

}  // namespace

void* allocate_block(size_t bytes) {
  check(bytes <= (size_t{1} << 46), "out of memory: ", bytes, " bytes asked for");
  const SizeClass size_class = size_class_of(bytes);
  if (kCaching && size_class.index < kClasses) {
    FreeBlock*& list = cache.lists[size_class.index];
    if (FreeBlock* block = list) {
      list = block->next;
      cache.bytes -= size_class.bytes;
      return block;
    }
  }
  return allocate_from_system(size_class.bytes);
}

void release_block(void* block, size_t bytes) {
  const SizeClass size_class = size_class_of(bytes);
  const bool keep = kCaching && size_class.index < kClasses && !cache.closed &&
                    cache.bytes + size_class.bytes <= kMostCachedBytes;
  if (!keep) return std::free(block);
  FreeBlock*& list = cache.lists[size_class.index];
  list = ::new (block) FreeBlock{list};
  cache.bytes += size_class.bytes;
}

void empty_block_cache() {
  for (FreeBlock*& list : cache.lists)
    while (FreeBlock* block = list) {
      list = block->next;
      std::free(block);
    }
  cache.bytes = 0;
}

}  // namespace gradus
