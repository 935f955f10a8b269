// Steps of optimisers, whole training steps of two perceptrons, and the singular value decomposition.
#include "benchmark.h"

namespace bench {
namespace {

/// Times one step of an optimiser over `n` parameters in `parts` tensors.
template <class Make>
void add_optimiser(const std::string& name, int64_t n, int64_t parts, Make make) {
  add("training/" + name, {.times_libtorch = 1.2}, [=] {
    std::vector<Tensor> parameters;
    for (int64_t i = 0; i < parts; ++i) {
      parameters.push_back(rand({n / parts}).requires_grad_(true));
      parameters.back().mutable_grad() = 0.01 * rand({n / parts});
    }
    auto optimiser = std::make_shared<decltype(make(parameters))>(make(parameters));
    return [=] { optimiser->step(); };
  });
}

void add_optimisers() {
  const auto adam = [](const std::vector<Tensor>& p) { return optim::Adam(p, 1e-3); };
  const auto sgd = [](const std::vector<Tensor>& p) { return optim::SGD(p, 1e-3); };
  const auto momentum = [](const std::vector<Tensor>& p) {
    return optim::SGD(p, optim::SGDOptions(1e-3).momentum(0.9));
  };
  add_optimiser("Adam step, 1e3 parameters in 10 tensors", 1'000, 10, adam);
  add_optimiser("Adam step, 1e6 parameters", 1'000'000, 1, adam);
  add_optimiser("Adam step, 1e7 parameters", 10'000'000, 1, adam);
  add_optimiser("SGD step, 1e6 parameters", 1'000'000, 1, sgd);
  add_optimiser("SGD step with momentum, 1e6 parameters", 1'000'000, 1, momentum);
}

template <class Optimiser>
void add_perceptron(const std::string& name, std::vector<int64_t> widths, int64_t batch, double at_least) {
  add("training/" + name, {.times_libtorch = at_least}, [=] {
    nn::Sequential net;
    for (size_t i = 0; i + 1 < widths.size(); ++i) {
      if (i > 0) net->push_back(nn::ReLU());
      net->push_back(nn::Linear(widths[i], widths[i + 1]));
    }
    auto optimiser = std::make_shared<Optimiser>(net->parameters(), 1e-3);
    Tensor x = rand({batch, widths.front()}), target = randint(0, widths.back(), {batch}, kInt64);
    return [=]() mutable {
      optimiser->zero_grad();
      F::cross_entropy(net->forward(x), target).backward();
      optimiser->step();
    };
  });
}

void add_svd(const std::string& name, int64_t m, int64_t n) {
  add("training/svd " + name, {.times_libtorch = 1}, [=] {
    Tensor a = rand({m, n});
    return [=] { return std::get<1>(svd(a)); };
  });
}

}  // namespace

void add_benchmarks() {
  add_optimisers();
  const std::vector<int64_t> digits = {784, 256, 128, 10}, iris = {4, 12, 3};
  add_perceptron<optim::SGD>("784-256-128-10, batch of 64, SGD", digits, 64, 1.2);
  add_perceptron<optim::Adam>("784-256-128-10, batch of 64, Adam", digits, 64, 1.2);
  add_perceptron<optim::SGD>("4-12-3 on 100 rows, SGD", iris, 100, 1.2);
  add_perceptron<optim::Adam>("4-12-3 on 100 rows, Adam", iris, 100, 1.2);
  add_svd("5x4", 5, 4);
  add_svd("64x64", 64, 64);
  add_svd("512x512", 512, 512);
}

}  // namespace bench
