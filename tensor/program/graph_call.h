// GraphCall: kernels of the CUDA device that follow one another in a program, as one graph.
#pragma once

#include "kernels/graphs.h"
#include "tensor/program/contents.h"

namespace gradus::programs {

/// Replaces the calls of the CUDA device that follow one another by one call that starts a graph of them.
void make_graphs(Contents& program, const DeviceGraphs& graphs);

}  // namespace gradus::programs
