// Compares layers, losses and optimisers on the device with those on the CPU, with equal seeds,
// data and steps.
#include "on_device.h"

namespace gradus {
namespace {

using CudaTraining = test::OnDevice;

void expect_close(const Tensor& there, const Tensor& here, const std::string& what) {
  EXPECT_TRUE(there.is_cuda()) << what;
  EXPECT_TRUE(allclose(there.detach().cpu(), here.detach(), 1e-9, 1e-10)) << what << "\n"
                                                                          << there << "\n"
                                                                          << here;
}

/// The results of a forward and a backward pass: the output, and the gradients of its sum of squares by the
/// input and all parameters.
struct Pass {
  Tensor result;
  std::vector<Tensor> gradients;
};

template <class Layer>
Pass pass(Layer layer, const Tensor& data, Device device) {
  layer->to(device, kFloat64);
  Tensor x = data.to(device).detach();
  if (x.is_floating_point()) x.requires_grad_();
  Pass made{layer->forward(x), {}};
  made.result.square().sum().backward();
  if (x.requires_grad()) made.gradients.push_back(x.grad());
  for (const Tensor& parameter : layer->parameters()) made.gradients.push_back(parameter.grad());
  return made;
}

/// Compares two layers, one on each device. Both are made by make() with the same seed, so their parameters are equal.
template <class Make>
void expect_same_layer(const std::string& name, Make make, const Tensor& data) {
  const auto run = [&](Device device) {
    manual_seed(1);
    return pass(make(), data, device);
  };
  const Pass here = run(kCPU), there = run(kCUDA);
  expect_close(there.result, here.result, name);
  ASSERT_EQ(there.gradients.size(), here.gradients.size());
  for (size_t i = 0; i < here.gradients.size(); ++i)
    expect_close(there.gradients[i], here.gradients[i], name + ", gradient " + std::to_string(i));
}

TEST_F(CudaTraining, Layers) {
  manual_seed(0);
  const Tensor x = randn({5, 6}, kFloat64);
  expect_same_layer(
      "Linear", [] { return nn::Linear(6, 3); }, x);
  expect_same_layer(
      "LayerNorm", [] { return nn::LayerNorm(nn::LayerNormOptions({6})); }, x);
  expect_same_layer(
      "BatchNorm1d", [] { return nn::BatchNorm1d(6); }, x);
  expect_same_layer(
      "Dropout", [] { return nn::Dropout(0.5); }, x);
  expect_same_layer(
      "Embedding", [] { return nn::Embedding(4, 3); }, tensor({3, 0, 3, 1}));
  expect_same_layer(
      "Sequential",
      [] {
        return nn::Sequential(nn::Linear(6, 4), nn::ReLU(), nn::Linear(4, 4), nn::Tanh(), nn::Linear(4, 2));
      },
      x);
}

TEST_F(CudaTraining, Losses) {
  manual_seed(0);
  const Tensor logits = randn({6, 4}, kFloat64), wanted = rand({6, 4}, kFloat64),
               classes = tensor({0, 3, 1, 1, 2, 0});
  namespace F = nn::functional;
  const std::pair<const char*, std::function<Tensor(const Tensor&, Device)>> losses[] = {
      {"mse", [&](const Tensor& x, Device d) { return F::mse_loss(x, wanted.to(d)); }},
      {"l1", [&](const Tensor& x, Device d) { return F::l1_loss(x, wanted.to(d)); }},
      {"cross_entropy", [&](const Tensor& x, Device d) { return F::cross_entropy(x, classes.to(d)); }},
      {"nll", [&](const Tensor& x, Device d) { return F::nll_loss(log_softmax(x, 1), classes.to(d)); }},
      {"bce",
       [&](const Tensor& x, Device d) { return F::binary_cross_entropy_with_logits(x, wanted.to(d)); }},
  };
  for (const auto& [name, loss] : losses) {
    const auto gradient = [&](Device device) {
      const Tensor x = logits.to(device).detach().clone().requires_grad_();
      loss(x, device).backward();
      return x.grad();
    };
    expect_close(gradient(kCUDA), gradient(kCPU), name);
  }
}

TEST_F(CudaTraining, RowsWhoseSquaresLeaveTheRange) {
  // Rows of several lengths: a warp computes a short row, a block a long one. The squares of only some rows leave the
  // range of float32.
  for (const int64_t length : {3, 100, 3000}) {
    const Tensor rows = sin(arange(1, 5 * length + 1, kFloat32)).view({5, length});
    const Tensor x = rows * tensor({1.0f, 1e30f, 1e-30f, 1e36f, 10.0f}).unsqueeze(1);
    const auto expect_near = [&](const Tensor& there, const Tensor& here, const char* name) {
      EXPECT_TRUE(allclose(there.cpu(), here, 1e-3, 1e-5)) << name << " of " << length;
    };
    const Tensor y = layer_norm_rows(x.to(kCUDA), 0), wanted = layer_norm_rows(x, 0);
    expect_near(y, wanted, "layer_norm");
    EXPECT_TRUE(allclose(wanted, layer_norm_rows(rows, 0), 1e-3, 1e-5)) << length;
    for (const double p : {2.0, 3.0})
      expect_near(x.to(kCUDA).norm(p, {1}) / x.norm(p, {1}).to(kCUDA), ones({5}), "norm");
    const auto slope = [](const Tensor& at) {
      const Tensor leaf = at.detach().requires_grad_();
      leaf.norm(2, {1}).sum().backward();
      return leaf.grad();
    };
    expect_near(slope(x.to(kCUDA)), slope(x), "gradient of norm");
  }
}

/// The parameters of a least-squares fit after ten steps.
template <class Optimizer, class Options>
Tensor trained(const Options& options, Device device) {
  manual_seed(2);
  const Tensor X = randn({8, 3}, kFloat64).to(device), y = randn({8, 1}, kFloat64).to(device);
  const Tensor w = zeros({3, 1}, TensorOptions(kFloat64).device(device).requires_grad(true));
  const Tensor b = zeros({1}, TensorOptions(kFloat64).device(device).requires_grad(true));
  Optimizer optimizer(std::vector<Tensor>{w, b}, options);
  for (int step = 0; step < 10; ++step) {
    optimizer.zero_grad();
    (X.mm(w) + b - y).square().mean().backward();
    optimizer.step();
  }
  return cat({w.flatten(), b});
}

template <class Optimizer, class Options>
void expect_same_training(const char* name, const Options& options) {
  expect_close(trained<Optimizer>(options, kCUDA), trained<Optimizer>(options, kCPU), name);
}

TEST_F(CudaTraining, Optimizers) {
  expect_same_training<optim::SGD>("SGD", optim::SGDOptions(0.05));
  expect_same_training<optim::SGD>("SGD, momentum", optim::SGDOptions(0.05).momentum(0.9).weight_decay(0.1));
  expect_same_training<optim::SGD>("SGD, Nesterov", optim::SGDOptions(0.05).momentum(0.9).nesterov(true));
  expect_same_training<optim::Adam>("Adam", optim::AdamOptions(0.05));
  expect_same_training<optim::AdamW>("AdamW", optim::AdamWOptions(0.05).weight_decay(0.1));
  expect_same_training<optim::Adagrad>("Adagrad", optim::AdagradOptions(0.05));
  expect_same_training<optim::RMSprop>("RMSprop", optim::RMSpropOptions(0.05));
}

}  // namespace
}  // namespace gradus
