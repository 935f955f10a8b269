// CUDAGraph: a program in libtorch's spelling, for the CUDA device.
#pragma once

#include "tensor/program/program.h"

namespace gradus::cuda {

/// A captured step, as at::cuda::CUDAGraph:
///
///     cuda::CUDAGraph graph;
///     graph.capture_begin();
///     y = net->forward(x);
///     graph.capture_end();
///     x.copy_(batch), graph.replay();
///
/// What program.h says of capture() holds here too. In libtorch the kernels do not run while they are captured, so a
/// first replay() computes y. Here they run, and y is there after capture_end().
///
/// On a GPU the kernels become a CUDA graph: one launch for all that lie between two pieces of work of the host, such
/// as an optimiser's step. On the emulated device replay() goes through the list.
class CUDAGraph {
 public:
  CUDAGraph();
  ~CUDAGraph();
  CUDAGraph(CUDAGraph&&) noexcept;
  CUDAGraph& operator=(CUDAGraph&&) noexcept;

  /// Begins to capture what this thread does. Error without a CUDA device, or if this graph was captured before and
  /// not reset.
  void capture_begin();
  /// Error if the step cannot be repeated.
  void capture_end();
  /// Error before capture_end(), and as of Program::replay().
  void replay();
  /// Forgets the step, and ends a capture that has begun.
  void reset();

 private:
  struct Begun;
  std::unique_ptr<Begun> begun_;  // between capture_begin() and capture_end()
  Program program_;
};

}  // namespace gradus::cuda
