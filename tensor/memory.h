// The block cache: memory for tensors, their elements and the nodes of the tape.
//
// A training loop asks for the same few sizes again and again. Each thread keeps the blocks it has released,
// in one list per size class, so that getting one back is a pop from a list and costs a nanosecond or two,
// where malloc costs ten and fresh large pages cost far more.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gradus {

/// At least `bytes` bytes, aligned to 64. Throws Error when the machine has no more, naming the size.
void* allocate_block(size_t bytes);

/// Gives back a block of allocate_block; `bytes` is the size that was asked for.
void release_block(void* block, size_t bytes);

/// Returns all blocks that this thread keeps for reuse to the system.
void empty_block_cache();

/// Base for small objects that live in cached blocks: class Node : Pooled { … }.
struct Pooled {
  static void* operator new(size_t bytes) { return allocate_block(bytes); }
  static void operator delete(void* block, size_t bytes) { release_block(block, bytes); }
};

}  // namespace gradus
