// Asynchronous copies. A copy reads when it begins, and writes when the thread waits for it: as late
// as a GPU may. So a kernel that reads too early computes with what was there before.
#pragma once

namespace gradus::emulator {

/// Begins a copy of `valid` bytes; `bytes` - `valid` zeros follow them. `code` is the place in the kernel.
void begin_copy(void* shared, const void* global, int bytes, int valid, const void* code);
/// The copies of the running thread since its last commit become a group.
void commit_copies();
/// All groups of the running thread but the last `groups` arrive.
void wait_for_copies(int groups);

/// Forgets the copies of a block that has ended.
void forget_copies();

}  // namespace gradus::emulator
