#include "tensor/program/cuda_graph.h"

#include "tensor/program/begin_end.h"
#include "tensor/program/graph_call.h"

namespace gradus {
namespace programs {
namespace {

/// Calls whose kernels are in a graph of the device.
class GraphCall final : public Call {
 public:
  using Calls = std::vector<std::unique_ptr<Call>>;

  GraphCall(Calls calls, const DeviceGraphs& graphs)
      : Call("graph", DeviceType::CUDA),
        calls_(std::move(calls)),
        graphs_(graphs),
        graph_(graph_of(calls_, graphs)) {}
  ~GraphCall() override { graphs_.destroy(graph_); }
  GraphCall(const GraphCall&) = delete;
  GraphCall& operator=(const GraphCall&) = delete;

  void run() const override { graphs_.launch(graph_); }
  void print(std::ostream& out) const override { out << "graph of " << calls_.size() << " calls"; }

 private:
  static void* graph_of(const Calls& calls, const DeviceGraphs& graphs) {
    graphs.begin();
    try {
      for (const std::unique_ptr<Call>& call : calls) call->run();
    } catch (...) {
      graphs.destroy(graphs.end());
      throw;
    }
    return graphs.end();
  }

  Calls calls_;
  const DeviceGraphs& graphs_;
  void* graph_;
};

}  // namespace

void make_graphs(Contents& program, const DeviceGraphs& graphs) {
  std::vector<std::unique_ptr<Call>> calls, together;
  const auto close = [&] {
    if (!together.empty()) calls.push_back(std::make_unique<GraphCall>(std::move(together), graphs));
    together.clear();
  };
  for (std::unique_ptr<Call>& call : program.calls) {
    const bool is_on_cuda = call->device() == DeviceType::CUDA;
    if (!is_on_cuda) close();
    (is_on_cuda ? together : calls).push_back(std::move(call));
  }
  close();
  program.calls = std::move(calls);
}

}  // namespace programs

using programs::Contents;

namespace cuda {

struct CUDAGraph::Begun {
  std::unique_ptr<Contents> program = std::make_unique<Contents>();
  programs::Capture capture{*program};
};

CUDAGraph::CUDAGraph() = default;
CUDAGraph::~CUDAGraph() = default;
CUDAGraph::CUDAGraph(CUDAGraph&&) noexcept = default;
CUDAGraph& CUDAGraph::operator=(CUDAGraph&&) noexcept = default;

void CUDAGraph::capture_begin() {
  kernels_for(DeviceType::CUDA);
  check(!begun_ && program_.size() == 0, "capture_begin: this graph has captured a step; reset() it first");
  begun_ = std::make_unique<Begun>();
}

void CUDAGraph::capture_end() {
  std::unique_ptr<Begun> begun = std::move(begun_);
  check(begun != nullptr, "capture_end: capture_begin() was not called");
  begun->capture.check_devices();
  std::unique_ptr<Contents> program = std::move(begun->program);
  begun.reset();  // the capture ends here
  program->close();
  if (const DeviceGraphs* graphs = cuda_graphs()) make_graphs(*program, *graphs);
  program_ = Program(std::move(program));
}

void CUDAGraph::replay() {
  check(program_.size() > 0, "replay: this graph has captured no step");
  program_.replay();
}

void CUDAGraph::reset() {
  begun_.reset();
  program_ = Program();
}

}  // namespace cuda
}  // namespace gradus
