// What a program consists of.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "tensor/program/call.h"
#include "tensor/program/memory.h"

namespace gradus::programs {

/// Memory that was there before the capture: inputs, parameters, gradients. The program keeps it alive.
struct Outside {
  Ref<Storage> storage;
  uint16_t times_left;      // Storage::times_left at the capture
  const char* first_call;   // the first kernel that used it, for messages
  const View* first_view;   // through which that kernel saw it
  bool is_written = false;  // by the program
};

struct Contents {
  ProgramMemory memory;  // outlives the calls, which may own tensors
  std::vector<Outside> outside;
  std::vector<std::unique_ptr<Call>> calls;
  std::atomic_flag is_running;

  /// Adds a call that has just been made, and notes the memory that it uses.
  void add(std::unique_ptr<Call> call);
  /// The memory at the address, or nullptr if it is the program's own.
  Outside* find_outside(const View& view);
  /// Ends the capture. Error if the step cannot be repeated.
  void close();
  void run();
  void print(std::ostream& out) const;
};

}  // namespace gradus::programs
