// The stream of this thread's launches. It is the default stream, in which all work of the device runs
// one after another. The default stream cannot note launches for a graph, so another stream is used
// while they are noted.
#pragma once

#include <vector>

#include "kernels/cuda/errors.h"

namespace gradus::cuda {

/// Launches that are being noted for a graph.
struct NotedLaunches {
  cudaStream_t stream;
  // The blocks of their workspaces and the sizes. A graph runs with the same addresses again, so
  // nobody else may get these blocks.
  std::vector<std::pair<void*, int64_t>> workspaces = {};
};

/// nullptr: this thread's launches run.
inline thread_local NotedLaunches* noted_launches = nullptr;

}  // namespace gradus::cuda
