// DeviceGraphs: launches of kernels that a device keeps as one graph. Starting a graph costs the
// host one call, however many launches are in it.
#pragma once

#include "kernels/kernels.h"

namespace gradus {

struct DeviceGraphs {
  // From now on, kernels that this thread launches do not run: they are noted. Kernels must not be
  // launched by other threads meanwhile.
  void (*begin)();
  // Ends this and returns the graph of the launches. Error if one of them cannot be in a graph.
  void* (*end)();
  // Starts the launches of a graph, which run one after another and after all earlier work.
  void (*launch)(void* graph);
  void (*destroy)(void* graph);
};

/// The graphs of the CUDA device. nullptr if it is emulated, because the emulator starts a kernel by a plain call.
const DeviceGraphs* cuda_graphs();

}  // namespace gradus
