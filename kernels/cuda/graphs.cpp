// Graphs of launches, by stream capture: between cudaStreamBeginCapture and cudaStreamEndCapture a
// stream does not run what it is given but notes it.
#include "kernels/graphs.h"

#include <memory>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/stream.h"

#if GRADUS_CUDA_EMULATED

const gradus::DeviceGraphs* gradus::cuda::graphs() { return nullptr; }

#else

namespace gradus::cuda {
namespace {

struct Graph {
  cudaGraphExec_t executable = nullptr;
  NotedLaunches noted;
};

void destroy(void* given) {
  const std::unique_ptr<Graph> graph(static_cast<Graph*>(given));
  if (graph->executable) cudaGraphExecDestroy(graph->executable);
  cudaStreamDestroy(graph->noted.stream);
  for (const auto& [block, bytes] : graph->noted.workspaces) memory.release(block, bytes);
}

struct Destroy {
  void operator()(Graph* graph) const { destroy(graph); }
};
thread_local std::unique_ptr<Graph, Destroy> begun;  // between begin() and end()

void begin() {
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  begun.reset(new Graph{.noted = {stream}});
  // Relaxed: workspaces may call cudaMalloc, which other modes refuse.
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
  noted_launches = &begun->noted;
}

void* end() {
  noted_launches = nullptr;
  std::unique_ptr<Graph, Destroy> graph = std::move(begun);
  cudaGraph_t launches = nullptr;
  check_cuda(cudaStreamEndCapture(graph->noted.stream, &launches), "cudaStreamEndCapture");
  const cudaError_t result = cudaGraphInstantiateWithFlags(&graph->executable, launches, 0);
  cudaGraphDestroy(launches);
  check_cuda(result, "cudaGraphInstantiate");
  return graph.release();
}

void launch(void* graph) {
  check_cuda(cudaGraphLaunch(static_cast<Graph*>(graph)->executable, nullptr), "cudaGraphLaunch");
}

}  // namespace

const DeviceGraphs* graphs() {
  static const DeviceGraphs entries = {.begin = begin, .end = end, .launch = launch, .destroy = destroy};
  return &entries;
}

}  // namespace gradus::cuda

#endif
