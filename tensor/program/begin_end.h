// A capture as an object: it begins with the constructor and ends with the destructor.
#pragma once

#include "kernels/memory.h"
#include "tensor/program/contents.h"

namespace gradus::programs {

/// As long as it lives, kernels_for() returns the recording tables, and this thread allocates from the program's memory
/// instead of its block cache.
class Capture {
 public:
  /// Error if this thread captures already.
  explicit Capture(Contents& program);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// Error if a device was used for the first time inside the capture: that use went unrecorded.
  static void check_devices();

 private:
  block_cache::Lists blocks_;  // this thread's, until the capture ends
};

}  // namespace gradus::programs
