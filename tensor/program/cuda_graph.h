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
/// The rules of capture() in program.h hold here too. In libtorch the kernels do not run while they are captured, and
/// the first replay() computes y. In Gradus they run, and y is computed when capture_end() returns.
///
/// On a GPU the kernels become CUDA graphs. A graph ends where the host has work to do, such as an optimiser's step. Each
/// graph needs one launch. On the emulated device replay() calls the kernels one by one.
class CUDAGraph {
 public:
  CUDAGraph();
  ~CUDAGraph();
  CUDAGraph(CUDAGraph&&) noexcept;
  CUDAGraph& operator=(CUDAGraph&&) noexcept;

  /// Begins to capture the kernels of this thread. Error without a CUDA device, or if this graph already has a captured
  /// step: reset() it first.
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
