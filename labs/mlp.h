// The functions of sheet 001, part 2: a perceptron with one hidden layer, first with tensors and gradients alone, then
// with layers, an optimiser and a data loader.
//
// These functions use only names that libtorch has too, so they also compile with it: see labs/common/framework.h.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "labs/common/framework.h"
#include "labs/common/progress.h"
#include "labs/common/repeated.h"

namespace lab {

namespace F = gradus::nn::functional;

/// Rows and their classes: x (n, features) floating point, y (n) int64 from 0.
struct Examples {
  Tensor x, y;

  int64_t size() const { return x.size(0); }
  Examples at(const Tensor& rows) const { return {x.index_select(0, rows), y.index_select(0, rows)}; }
};

/// Centres each column and divides it by its standard deviation. A constant column becomes zeros.
inline Tensor standardise(const Tensor& x) {
  Tensor deviation = x.std({0}, /*unbiased=*/true);
  return (x - x.mean({0})) / deviation.masked_fill(deviation == 0, 1);
}

/// Shuffles the rows. The first n_train of them are for training, the others for testing.
inline std::pair<Examples, Examples> shuffle_and_split(const Examples& all, int64_t n_train) {
  Tensor order = randperm(all.size()).to(all.x.device());
  return {all.at(order.slice(0, 0, n_train)), all.at(order.slice(0, n_train))};
}

/// The fraction of rows whose class was predicted correctly.
inline double accuracy(const Tensor& predicted, const Tensor& targets) {
  return (predicted == targets).to(kFloat64).mean().item<double>();
}

// ---- 2.1. Implement the MLP -----------------------------------------------------------------------------------------

/// The weights of a network with one hidden layer of 12 units. Each bias is one number, broadcast over its layer.
struct Weights {
  Tensor W1, W2, b1, b2;
};

/// Weights uniform on [0, 1), biases 0, on the device and in the dtype of `like`. The weights are always drawn in
/// float32, so that float64 starts from the same numbers.
inline Weights initial_weights(int64_t features, int64_t classes, const Tensor& like) {
  auto parameter = [&](const Tensor& x) {
    return x.to(like.device(), like.scalar_type()).requires_grad_(true);
  };
  Tensor W1 = rand({features, 12}), W2 = rand({12, classes});
  return {parameter(W1), parameter(W2), parameter(tensor(0.0)), parameter(tensor(0.0))};
}

inline Tensor mlp_logits(const Tensor& data, const Weights& w) {
  return matmul(relu(matmul(data, w.W1) + w.b1), w.W2) + w.b2;
}

/// The sheet's training loop: gradient descent on the cross-entropy J, by default its sum over the rows.
inline Weights mlp(const Tensor& data, const Tensor& targets, int64_t classes = 3, double lr = 0.01,
                   int64_t epochs = 100,
                   const F::CrossEntropyFuncOptions& options = F::CrossEntropyFuncOptions().reduction(kSum)) {
  Weights w = initial_weights(data.size(1), classes, data);
  repeat(epochs, "mlp", [&] {
    for (const Tensor& p : {w.W1, w.W2, w.b1, w.b2}) p.mutable_grad().reset();
    Tensor J = F::cross_entropy(mlp_logits(data, w), targets, options);
    J.backward();
    NoGradGuard no_grad;
    for (const Tensor& p : {w.W1, w.W2, w.b1, w.b2}) p.sub_(lr * p.grad());
  });
  return w;
}

// ---- With layers, a data loader and Adam ---------------------------------------------------------------------------

/// Examples as a dataset. The data loader asks for one at a time and stacks them into batches.
struct Rows : data::datasets::Dataset<Rows> {
  explicit Rows(Examples from) : examples(std::move(from)) {}
  data::Example<> get(size_t index) override {
    const int64_t row = static_cast<int64_t>(index);
    return {examples.x[row], examples.y[row]};
  }
  gradus::optional<size_t> size() const override { return static_cast<size_t>(examples.size()); }

  Examples examples;
};

/// A network that maps images of `pixels` numbers to logits. In each training step, dropout sets a random fifth of the
/// hidden units to zero, so that no unit relies on a few others.
inline nn::Sequential digit_classifier(int64_t pixels, int64_t classes) {
  return nn::Sequential(nn::Linear(pixels, 128), nn::ReLU(), nn::Dropout(0.2), nn::Linear(128, classes));
}

/// A function that trains the net on a batch x of images with the classes y and returns the loss.
inline auto training_step(nn::Sequential& net, optim::Optimizer& optimizer) {
  return repeated([&](const Tensor& x, const Tensor& y) {
    Tensor loss = F::cross_entropy(net->forward(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss;
  });
}

/// One pass over the examples in batches of 64, drawn in random order. Returns the mean loss of a batch.
template <class Loader, class Step>
double train_epoch(nn::Sequential& net, Loader& loader, Step& step) {
  net->train();
  double total = 0;
  int64_t batches = 0;
  for (auto& batch : loader) {
    total += step(batch.data, batch.target).template item<double>();
    ++batches;
  }
  return total / static_cast<double>(batches);
}

/// The class that the network predicts for each row of x.
inline Tensor predict(nn::Sequential& net, const Tensor& x) {
  NoGradGuard no_grad;
  net->eval();
  return net->forward(x).argmax(1);
}

/// Measurements after each epoch.
struct LearningCurve {
  std::vector<double> loss, train_accuracy, test_accuracy;
};

inline LearningCurve train_digits(nn::Sequential& net, const Examples& train, const Examples& test,
                                  double lr = 0.003, int64_t epochs = 40) {
  auto loader = data::make_data_loader(Rows(train).map(data::transforms::Stack<>()), /*batch_size=*/64);
  optim::Adam adam(net->parameters(), lr);
  auto step = training_step(net, adam);
  LearningCurve curve;
  for ([[maybe_unused]] int64_t epoch : progress(epochs, "digits")) {
    curve.loss.push_back(train_epoch(net, *loader, step));
    curve.train_accuracy.push_back(accuracy(predict(net, train.x), train.y));
    curve.test_accuracy.push_back(accuracy(predict(net, test.x), test.y));
  }
  return curve;
}

/// C = Yᵀ P, where the rows of Y and P are the one-hot true and predicted classes. C[i][j] is the number of rows of
/// class i that were predicted as class j.
inline Tensor confusion_matrix(const Tensor& truth, const Tensor& predicted, int64_t classes) {
  Tensor Y = F::one_hot(truth, classes).to(kFloat64), P = F::one_hot(predicted, classes).to(kFloat64);
  return matmul(Y.t(), P).to(kInt64);
}

}  // namespace lab
