// Memory of the device that a kernel needs for intermediate results.
#pragma once

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/stream.h"

namespace gradus::cuda {

/// A block of memory that is released with this object. Kernels that use the block may still be running
/// then. This is safe, because kernels of its next owner run after them in the same stream. A graph
/// keeps the block.
class Workspace {
 public:
  explicit Workspace(int64_t bytes) : bytes_(bytes), block_(memory.allocate(bytes)) {}
  ~Workspace() {
    if (noted_launches)
      noted_launches->workspaces.emplace_back(block_, bytes_);
    else
      memory.release(block_, bytes_);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  void* data() const { return block_; }

 private:
  int64_t bytes_;
  void* block_;
};

}  // namespace gradus::cuda
