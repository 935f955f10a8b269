// Finds races, reads of memory that nobody wrote, and accesses outside of every allocation.
//
// A build with GRADUS_RACE_CHECK=1 compiles the kernels with -fsanitize=thread. With this option
// the compiler calls a function before every access to memory, e.g. __tsan_read4(address). The real
// ThreadSanitizer library is not linked; race_check.cpp defines functions of the same names. Each
// looks up the shadow of the address: who wrote it last, who read it, and how many barriers had
// been passed by then. Two accesses by different threads, one of them a write, are a race unless
//
//     both are in one block, with a __syncthreads between them;
//     both are in one warp, with a __syncwarp between them;
//     both are atomic.
//
// An asynchronous copy (async_copy.h) writes at some time between its beginning and the end of the
// wait for it. In between, every access to its target is a race, by the thread itself too. After the
// wait the copy counts as written by its thread.
//
// In every other build these functions are empty.
#pragma once

#include <cstddef>

#if GRADUS_RACE_CHECK
#define GRADUS_NOT_RACE_CHECKED __attribute__((no_sanitize("thread")))
#else
#define GRADUS_NOT_RACE_CHECKED
#endif

namespace gradus::emulator::race_check {

#if GRADUS_RACE_CHECK
void begin_launch(void* dynamic_shared, size_t bytes);
void begin_block();
void pause();                                     // until the next launch, while an error is reported
void block_barrier();                             // all threads of the running block have arrived
void warp_barrier();                              // all lanes of the running thread's warp have arrived
void atomic_access(void* address, size_t bytes);  // before the running thread reads and writes

// The running thread begins a copy at this place of the code. It reads `valid` bytes.
void copy_begins(void* to, const void* from, size_t bytes, size_t valid, const void* code);
void copy_arrives(void* to, size_t bytes, const void* code);

void allocated(void* memory, size_t bytes);  // global memory that nobody has written yet
void released(void* memory);
void written_by_host(void* memory, size_t bytes);
void copied(void* to, const void* from, size_t bytes);
#else
inline void begin_launch(void*, size_t) {}
inline void begin_block() {}
inline void pause() {}
inline void block_barrier() {}
inline void warp_barrier() {}
inline void atomic_access(void*, size_t) {}
inline void copy_begins(void*, const void*, size_t, size_t, const void*) {}
inline void copy_arrives(void*, size_t, const void*) {}
inline void allocated(void*, size_t) {}
inline void released(void*) {}
inline void written_by_host(void*, size_t) {}
inline void copied(void*, const void*, size_t) {}
#endif

}  // namespace gradus::emulator::race_check
