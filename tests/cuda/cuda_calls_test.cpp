// Counts the calls of the CUDA runtime in training steps. The host runs ahead of the device: it only launches kernels, and
// waits where a number comes back. A hidden wait would cost more than all launches of a step. The tests also run on a GPU.
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "kernels/cuda/errors.h"
#include "on_device.h"
#include "tests/source_text.h"

namespace gradus {
namespace {

std::map<std::string, int> counted;

/// The checked calls of the CUDA runtime that f() makes, by name.
template <class F>
std::map<std::string, int> calls_of(const F& f) {
  counted.clear();
  cuda::on_cuda_call = [](std::string_view what) { ++counted[std::string(what)]; };
  f();
  cuda::on_cuda_call = nullptr;
  return counted;
}

/// The calls that wait for the device. Allocating and freeing its memory also waits.
const char* const kWaiting[] = {"copy from the device", "synchronize", "cudaMalloc", "cudaFree"};

int waits(const std::map<std::string, int>& calls) {
  int count = 0;
  for (const char* name : kWaiting)
    if (calls.contains(name)) count += calls.at(name);
  return count;
}

int all(const std::map<std::string, int>& calls) {
  int count = 0;
  for (const auto& [name, times] : calls) count += times;
  return count;
}

using CudaCalls = test::OnDevice;

TEST_F(CudaCalls, TheCounterSeesWaits) {
  const Tensor x = ones({3}, kCUDA);
  x.sum().item<float>();  // gets memory
  x + x;
  EXPECT_EQ(waits(calls_of([&] { x.sum().item<float>(); })), 1);
  EXPECT_EQ(waits(calls_of([] { cuda::synchronize(); })), 1);
  EXPECT_GE(all(calls_of([&] { x + x; })), 1);
  EXPECT_EQ(waits(calls_of([&] { x + x; })), 0);
}

/// A training step of the perceptron 784-256-128-10 after the first two, which get memory.
template <class Loss, class Make>
std::map<std::string, int> calls_of_a_step(Loss loss, Make make) {
  nn::Sequential net(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10));
  net->to(kCUDA);
  auto optimiser = make(net->parameters());
  const Tensor x = ones({8, 784}, kCUDA);
  const auto step = [&] {
    optimiser.zero_grad();
    loss(net->forward(x)).backward();
    optimiser.step();
  };
  step();
  step();
  return calls_of(step);
}

optim::SGD sgd(const std::vector<Tensor>& parameters) { return optim::SGD(parameters, 0.1); }
optim::Adam adam(const std::vector<Tensor>& parameters) { return optim::Adam(parameters, 0.1); }

TEST_F(CudaCalls, ATrainingStepNeverWaits) {
  const Tensor target = zeros({8, 10}, kCUDA);
  const auto loss = [&](const Tensor& y) { return nn::functional::mse_loss(y, target); };
  for (const auto& calls : {calls_of_a_step(loss, sgd), calls_of_a_step(loss, adam)}) {
    for (const char* name : kWaiting) EXPECT_FALSE(calls.contains(name)) << name;
    EXPECT_GE(all(calls), 15);
    EXPECT_LE(all(calls), 45);
  }
}

/// Cross-entropy first checks that all targets are classes. The loss waits for this check once, and its kernel's op waits
/// twice, for the smallest and the largest target. Nothing else in the step waits.
TEST_F(CudaCalls, CrossEntropyWaitsForItsCheckAlone) {
  const Tensor target = zeros({8}, TensorOptions(kInt64).device(kCUDA));
  auto calls =
      calls_of_a_step([&](const Tensor& y) { return nn::functional::cross_entropy(y, target); }, sgd);
  EXPECT_EQ(waits(calls), 3);
  EXPECT_EQ(calls["copy from the device"], 3);
}

/// The counter sees only calls that are checked for errors. So each call in the kernels' files must be checked.
TEST(CudaCallsInTheSource, AreChecked) {
  const std::filesystem::path folder = GRADUS_SOURCE_DIR "/kernels/cuda";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "this machine has no sources of Gradus";
  const std::regex waiting(R"(\bcuda(Memcpy|Memset|DeviceSynchronize|StreamSynchronize|Event|Free)\w*\()");
  int calls = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    for (const std::string& line : lines_of(entry.path()))
      if (std::regex_search(line, waiting)) {
        ++calls;
        EXPECT_NE(line.find("check_cuda("), std::string::npos) << entry.path() << ": " << line;
      }
  }
  EXPECT_GE(calls, 5);
}

}  // namespace
}  // namespace gradus
