// The contents of a program: its calls and its memory.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tensor/program/call.h"
#include "tensor/program/memory.h"

namespace gradus::programs {

/// Memory that was there before the capture: inputs, parameters, gradients. The program keeps it alive.
struct Outside {
  Ref<Storage> storage;
  uint16_t times_left;      // Storage::times_left at the capture
  const char* first_call;   // the first kernel that used it, for messages
  const View* first_view;   // the view of it that this kernel used
  bool is_written = false;  // by the program
};

struct CompiledCode;

struct Contents {
  ProgramMemory memory;  // outlives the calls, which may own tensors
  std::vector<Outside> outside;
  std::vector<std::unique_ptr<Call>> calls;
  std::vector<std::vector<size_t>> tensors;  // for each call, the numbers of its arguments in ProgramMemory
  std::shared_ptr<const CompiledCode> code;  // of a compiled program: runs instead of the calls
  std::atomic_flag is_running;

  /// Adds a call that has just been made, and notes the memory that it uses.
  void add(std::unique_ptr<Call> call);
  /// The memory at the address, or nullptr if it is the program's own.
  Outside* find_outside(const View& view);
  /// Error if the program cannot be written as C++: it uses a CUDA device, or tensors that overlap in borrowed memory.
  void check_has_source(const char* op) const;
  /// Ends the capture. Error if the step cannot be repeated.
  void close();
  void run();
  void print(std::ostream& out) const;
};

/// Holds a program while it runs or is compiled. Error inside of a capture, or if another thread holds it.
class Running {
 public:
  Running(Contents& program, const char* what);
  ~Running() { program_.is_running.clear(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Contents& program_;
};

/// Names of memory, numbered in the order of its first use. x1, x2, … existed before the capture; p1, p2, …
/// belong to the program.
class MemoryNames {
 public:
  struct Name {
    std::string text;  // "x1"
    void* begin;       // the first element
    int64_t offset;    // of the view's first element
  };
  explicit MemoryNames(const ProgramMemory& memory) : memory_(memory) {}
  /// The memory of a view that has elements.
  Name operator()(const View& view);

 private:
  const ProgramMemory& memory_;
  std::map<const void*, size_t> own_, outside_;  // the number of each memory, by its first element
};

}  // namespace gradus::programs
