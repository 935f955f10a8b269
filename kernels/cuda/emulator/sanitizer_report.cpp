// AddressSanitizer and UndefinedBehaviorSanitizer call these functions before they report an error
// and end the program. Their report has the place in the code. These functions print the kernel,
// block and thread. In other builds nobody calls them.
#include <cstdio>

#include "kernels/cuda/emulator/scheduler.h"

namespace {
void say_who() {
  if (gradus::emulator::in_kernel())
    std::fprintf(stderr, "In the kernel %s:\n", gradus::emulator::running_thread().c_str());
}
}  // namespace

extern "C" void __asan_on_error() { say_who(); }    // NOLINT
extern "C" void __ubsan_on_report() { say_who(); }  // NOLINT
