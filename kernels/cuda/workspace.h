// Memory of the device that a kernel needs for intermediate results.
#pragma once

#include "kernels/cuda/cuda_kernels.h"

namespace gradus::cuda {

/// A block that lives as long as this. The kernels that use it may still be running then: whoever
/// gets the block next runs after them, in the same stream.
class Workspace {
 public:
  explicit Workspace(int64_t bytes) : bytes_(bytes), block_(memory.allocate(bytes)) {}
  ~Workspace() { memory.release(block_, bytes_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  void* data() const { return block_; }

 private:
  int64_t bytes_;
  void* block_;
};

}  // namespace gradus::cuda
