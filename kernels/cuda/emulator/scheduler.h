// Runs the threads of a kernel on one processor, each on a stack of its own (a fiber).
//
// The threads of a block run one after another. When a thread has to wait for others at a meeting
// point, its stack is set aside, and the next thread starts on another stack. When all threads have
// started, those whose meeting is complete are resumed in rounds. So a kernel that never waits
// needs one stack for all its threads, and costs a function call per thread. A kernel that waits
// pays a switch of stacks, some 12 ns, per thread and meeting.
//
//     a round without progress   Everyone waits for a thread that will not come: a deadlock, an Error.
//     an error in a thread       The others are woken with an exception, so that their destructors run.
//     a seed for the order       Threads run in an order drawn from it. Results must not depend on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernels/cuda/emulator/race_check.h"
#include "kernels/cuda/emulator/stack.h"
#include "kernels/cuda/emulator/types.h"
#include "kernels/cuda/place.h"
#include "kernels/error.h"

namespace gradus::emulator {

using gradus::Place;

/// One launch: the function that each thread calls, and the number of threads.
struct Launch {
  std::string_view kernel;  // its name, for messages
  Place place;              // of the launch
  dim3 grid, block;
  size_t shared_bytes;
  void (*thread)(const void* arguments);
  const void* arguments;
};

/// Runs all threads of all blocks. If one fails, throws an Error with kernel, block, thread and
/// place. The next launch starts afresh.
void run(const Launch& launch);

/// The order in which threads run: by number if the seed is 0, else drawn from the seed. It starts
/// as the environment variable GRADUS_EMULATOR_SEED, by default 0.
void set_thread_order_seed(uint64_t seed);

// ---- For the device functions -------------------------------------------------------------------

/// A point where several threads wait for each other. The last to arrive opens it for all
/// and goes on.
struct Meeting {
  uint32_t generation = 0;  // how often it has opened
  int arrived = 0;
  const char* what = "";  // "__syncthreads", as the first who arrived called it
  Place place = {};
};

/// Arrives at a meeting of `expected` threads and returns when all have arrived: true for the last
/// one. Throws an Error if they are at different places.
bool meet(Meeting& meeting, int expected, const char* what, const Place& place);

Meeting& block_meeting();  // of all threads of the running block
int thread_number();       // of the running thread in its block, x fastest
int threads_per_block();
void* dynamic_shared_memory();  // of the running block
bool in_kernel();               // is a thread running now?
const Stack* running_stack();   // of the running thread, if any

/// The running thread: "softmax<float> (softmax.cu:80), block (3, 0, 0), thread (17, 0, 0)".
std::string running_thread();
/// Prints a place as "softmax.cu:80".
struct At {
  const Place& place;
};
std::ostream& operator<<(std::ostream& out, const At& at);
/// "(3, 0, 0)"
std::string text(const uint3& index);

/// Ends the kernel with an Error that names the running thread. The parts must be ready to print:
/// making strings of them before the call would look like accesses of the kernel to the race check.
template <class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail_in_thread(const Parts&... parts) {
  race_check::pause();
  fail(running_thread(), ": ", parts...);
}

/// The same for callers that no exception may pass through. The running thread never continues.
[[noreturn]] void give_up_thread(const std::string& message);

}  // namespace gradus::emulator
