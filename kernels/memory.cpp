#include "kernels/memory.h"

#include <cstdlib>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#include "kernels/error.h"

namespace gradus {
namespace block_cache {
namespace {

/// Empties the lists when their thread ends. Only the slow path, a block from the system, touches it.
struct CloseAtThreadExit {
  ~CloseAtThreadExit() {
    empty_block_cache();
    lists.closed = true;
  }
};

/// Large blocks use huge pages if the system has them. Their first use costs one page fault instead
/// of 512, and the TLB holds their addresses.
void* try_system(size_t bytes) {
#if defined(MADV_HUGEPAGE)
  constexpr size_t huge_page = size_t{2} << 20;
  if (bytes >= huge_page) {
    void* block = std::aligned_alloc(huge_page, (bytes + huge_page - 1) / huge_page * huge_page);
    if (block) madvise(block, bytes, MADV_HUGEPAGE);  // only a hint, which may fail
    return block;
  }
#endif
  return std::aligned_alloc(kAlignment, bytes);
}

}  // namespace

void* allocate_new(size_t bytes, Use use) {
  if (lists.pool) return lists.pool->allocate(bytes, use);
// AddressSanitizer sees a use after release only if released memory goes back to it.
#if defined(__SANITIZE_ADDRESS__)
  lists.closed = true;
#else
  thread_local CloseAtThreadExit closer;
  (void)closer;
#endif
  return allocate_from_system(bytes);
}

void* allocate_from_system(size_t bytes) {
  check(bytes <= (size_t{1} << 46), "out of memory: ", bytes, " bytes asked for");
  const size_t rounded = size_class_of(bytes).bytes;
  void* block = try_system(rounded);
  if (!block) {  // returning the blocks that this thread keeps may free enough
    empty_block_cache();
    block = try_system(rounded);
  }
  check(block != nullptr, "out of memory: could not allocate ", rounded, " bytes");
  return block;
}

void release_to_system(void* block) noexcept {
  if (lists.pool) return lists.pool->release(block);
  std::free(block);
}

}  // namespace block_cache

void empty_block_cache() {
  using namespace block_cache;
  for (FreeBlock*& list : lists.free)
    while (FreeBlock* block = list) {
      list = block->next;
      std::free(block);
    }
  lists.bytes = 0;
}

}  // namespace gradus
