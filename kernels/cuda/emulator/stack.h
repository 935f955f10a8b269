// Tells AddressSanitizer when the program changes stacks. Without AddressSanitizer these
// functions are empty.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace gradus::emulator {

struct Stack {
  const void* bottom = nullptr;
  size_t bytes = 0;

  bool holds(const void* address) const {
    return static_cast<const char*>(address) - static_cast<const char*>(bottom) <
               static_cast<ptrdiff_t>(bytes) &&
           address >= bottom;
  }
};

#if defined(__SANITIZE_ADDRESS__)
inline constexpr size_t kStackBytes = 256 << 10;  // its frames are larger

/// Construct it just before control leaves for another stack. Call come_back() just after control has come back.
class LeaveStack {
 public:
  explicit LeaveStack(const Stack& to) { __sanitizer_start_switch_fiber(&saved_, to.bottom, to.bytes); }
  /// `from`, if wanted, receives the stack that control came from.
  void come_back(Stack* from = nullptr) const { arrive(saved_, from); }

  static void arrive_first_time(Stack* from) { arrive(nullptr, from); }
  static void leave_for_ever(const Stack& to) {
    __sanitizer_start_switch_fiber(nullptr, to.bottom, to.bytes);
  }

 private:
  static void arrive(void* saved, Stack* from) {
    Stack ignored;
    if (!from) from = &ignored;
    __sanitizer_finish_switch_fiber(saved, &from->bottom, &from->bytes);
  }
  void* saved_ = nullptr;
};
#else
inline constexpr size_t kStackBytes = 64 << 10;

class LeaveStack {
 public:
  explicit LeaveStack(const Stack&) {}
  void come_back(Stack* = nullptr) const {}
  static void arrive_first_time(Stack*) {}
  static void leave_for_ever(const Stack&) {}
};
#endif

}  // namespace gradus::emulator
