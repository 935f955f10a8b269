// cuda::CUDAGraph, and which calls of a program become a graph of the device.
#include "../expectations.h"
#include "on_device.h"
#include "tensor/program/begin_end.h"
#include "tensor/program/graph_call.h"

namespace gradus {
namespace {

class CudaGraph : public test::OnDevice {};

TEST_F(CudaGraph, AReplayComputesWithTheValuesThatAreThereNow) {
  const Tensor x = tensor({1.0, 2.0}, kCUDA);
  Tensor y;
  cuda::CUDAGraph graph;
  graph.capture_begin();
  y = (x * x + 1).sum();
  graph.capture_end();
  EXPECT_EQ(y.item<double>(), 7);
  x.copy_(tensor({3.0, 4.0}));
  graph.replay();
  EXPECT_EQ(y.item<double>(), 27);
}

/// The parameters after some steps with dropout and Adam, by calls or by replays of a graph.
std::vector<Tensor> trained(bool by_graph) {
  manual_seed(4);
  nn::Sequential net(nn::Linear(5, 16), nn::Tanh(), nn::Dropout(0.3), nn::Linear(16, 3));
  net->to(kCUDA);
  optim::Adam adam(net->parameters(), 0.01);
  const Tensor x = randn({8, 5}, kCUDA), target = randint(3, {8}).to(kCUDA);
  const auto step = [&] {
    adam.zero_grad();
    nn::functional::cross_entropy(net->forward(x), target).backward();
    adam.step();
  };
  cuda::CUDAGraph graph;
  for (int i = 0; i < 6; ++i) {
    x.mul_(0.9);
    if (by_graph && i >= 2) {
      graph.replay();
      continue;
    }
    if (by_graph && i == 1) graph.capture_begin();
    step();
    if (by_graph && i == 1) graph.capture_end();
  }
  std::vector<Tensor> result;
  for (const Tensor& parameter : net->parameters()) result.push_back(parameter.detach().cpu());
  return result;
}

TEST_F(CudaGraph, TrainingByReplaysIsTraining) {
  const std::vector<Tensor> called = trained(false), replayed = trained(true);
  for (size_t i = 0; i < called.size(); ++i)
    EXPECT_TRUE(called[i].equal(replayed[i])) << i << ":\n" << called[i] << "\n" << replayed[i];
}

TEST_F(CudaGraph, KernelsKeepTheirWorkspaces) {
  const Tensor x = randn({300, 70}, kCUDA);
  Tensor sorted, sums, product;
  const auto step = [&] {
    sorted = std::get<0>(x.sort(0));
    sums = x.cumsum(1);
    product = x.sum();
  };
  step();
  cuda::CUDAGraph graph;
  graph.capture_begin();
  step();
  graph.capture_end();
  const std::vector<Tensor> captured = {sorted, sums, product};
  x.copy_(randn({300, 70}));
  std::vector<Tensor> others;  // which must not get those workspaces
  for (int i = 0; i < 20; ++i) others.push_back(full({300, 70}, i, kCUDA));
  graph.replay();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(others[i].eq(i).all().item<bool>());
  step();
  EXPECT_TRUE(captured[0].equal(sorted));
  EXPECT_TRUE(captured[1].equal(sums));
  EXPECT_TRUE(captured[2].equal(product));
}

TEST_F(CudaGraph, SaysWhatIsWrong) {
  cuda::CUDAGraph graph;
  EXPECT_ERROR(graph.replay(), "replay: this graph has captured no step");
  EXPECT_ERROR(graph.capture_end(), "capture_begin() was not called");
  const Tensor x = ones({2}, kCUDA);
  Tensor y;
  graph.capture_begin();
  EXPECT_ERROR(graph.capture_begin(), "this graph has captured a step; reset() it first");
  y = x + 1;
  graph.capture_end();
  EXPECT_ERROR(graph.capture_begin(), "this graph has captured a step; reset() it first");
  graph.reset();
  EXPECT_ERROR(graph.replay(), "replay: this graph has captured no step");

  graph.capture_begin();  // a capture that never ends
  y = x + 2;
  graph.reset();
  EXPECT_EQ((x + 1).sum().item<double>(), 4);
}

TEST(CudaGraphs, NeedADevice) {
  if (cuda::is_available()) GTEST_SKIP() << "there is a cuda device";
  cuda::CUDAGraph graph;
  EXPECT_ERROR(graph.capture_begin(), "cuda");
}

// ---- Which calls become a graph --------------------------------------------------------------------------------

std::string events;  // what the graphs below were asked to do
int graphs_made;

/// Graphs that write down what happens: b(egin) e(nd) 1 2 … (launch) d(estroy).
const DeviceGraphs kNoting = {
    .begin = [] { events += 'b'; },
    .end = []() -> void* { return events += 'e', new int(++graphs_made); },
    .launch = [](void* graph) { events += std::to_string(*static_cast<int*>(graph)); },
    .destroy =
        [](void* graph) {
          delete static_cast<int*>(graph);
          events += 'd';
        }};

TEST_F(CudaGraph, KernelsBetweenWorkOfTheHostBecomeOneGraph) {
  events.clear();
  graphs_made = 0;
  const Tensor w = ones({3}, TensorOptions(kCUDA).requires_grad(true)), on_cpu = ones({2});
  optim::SGD sgd({w}, 0.1);
  {
    programs::Contents program;
    Tensor loss, other;
    {
      const programs::Capture capture(program);
      sgd.zero_grad();
      loss = (w * w).sum();
      loss.backward();
      sgd.step();
      loss = w * 3;
      other = on_cpu + 1;
    }
    program.close();
    make_graphs(program, kNoting);
    EXPECT_EQ(events, "bebe");
    ASSERT_EQ(program.calls.size(), 4u);  // graph, step, graph, the addition on the CPU
    program.run();
    EXPECT_EQ(events, "bebe12");
    std::ostringstream text;
    program.calls[2]->print(text);
    EXPECT_EQ(text.str(), "graph of 1 calls");
  }
  EXPECT_EQ(events, "bebe12dd");
}

}  // namespace
}  // namespace gradus
