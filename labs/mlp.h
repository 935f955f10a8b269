// The functions of sheet 001, part 2: a perceptron with one hidden layer, first with nothing but tensors and their
// gradients, then as it is written with layers, an optimiser and a data loader.
//
// Only names that libtorch has too are used, so the same functions compile against it: labs/common/framework.h.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "labs/common/framework.h"
#include "labs/common/progress.h"

namespace lab {

namespace F = gradus::nn::functional;

/// Rows and the class of each: x (n, features) floating point, y (n) int64 from 0.
struct Examples {
  Tensor x, y;

  int64_t size() const { return x.size(0); }
  Examples at(const Tensor& rows) const { return {x.index_select(0, rows), y.index_select(0, rows)}; }
};

/// Each column centred and divided by its standard deviation; a column that is constant becomes zeros.
inline Tensor standardise(const Tensor& x) {
  Tensor deviation = x.std({0}, /*unbiased=*/true);
  return (x - x.mean({0})) / deviation.masked_fill(deviation == 0, 1);
}

/// The rows in random order, the first n_train of them to train on and the others to test with.
inline std::pair<Examples, Examples> shuffle_and_split(const Examples& all, int64_t n_train) {
  Tensor order = randperm(all.size()).to(all.x.device());
  return {all.at(order.slice(0, 0, n_train)), all.at(order.slice(0, n_train))};
}

/// The share of rows for which the right class was predicted.
inline double accuracy(const Tensor& predicted, const Tensor& targets) {
  return (predicted == targets).to(kFloat64).mean().item<double>();
}

// ---- 2.1. Implement the MLP -----------------------------------------------------------------------------------------

/// A layer of 12 between the features and the classes. The biases are numbers, broadcast over the whole layer.
struct Weights {
  Tensor W1, W2, b1, b2;
};

/// Weights uniform on [0, 1), biases 0, on the device and in the dtype of `like`. Drawn in float32 always, so that
/// float64 starts from the same.
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

/// The sheet's: J is the sum over the rows of the cross-entropy, or another of its reductions.
inline Weights mlp(const Tensor& data, const Tensor& targets, int64_t classes = 3, double lr = 0.01,
                   int64_t epochs = 100,
                   const F::CrossEntropyFuncOptions& options = F::CrossEntropyFuncOptions().reduction(kSum)) {
  Weights w = initial_weights(data.size(1), classes, data);
  for ([[maybe_unused]] int64_t epoch : progress(epochs, "mlp")) {
    for (const Tensor& p : {w.W1, w.W2, w.b1, w.b2}) p.mutable_grad().reset();
    Tensor J = F::cross_entropy(mlp_logits(data, w), targets, options);
    J.backward();
    for (const Tensor& p : {w.W1, w.W2, w.b1, w.b2}) p.set_data(p - lr * p.grad());
  }
  return w;
}

// ---- The same with layers, a data loader and Adam ------------------------------------------------------------------

/// Examples as a data loader asks for them: one by one, to be stacked into batches.
struct Rows : data::datasets::Dataset<Rows> {
  explicit Rows(Examples from) : examples(std::move(from)) {}
  data::Example<> get(size_t index) override {
    const int64_t row = static_cast<int64_t>(index);
    return {examples.x[row], examples.y[row]};
  }
  gradus::optional<size_t> size() const override { return static_cast<size_t>(examples.size()); }

  Examples examples;
};

/// Logits for images of `pixels` numbers. Dropout leaves out a fifth of the hidden units in each training step, another
/// fifth every time, so that no unit relies on a few others.
inline nn::Sequential digit_classifier(int64_t pixels, int64_t classes) {
  return nn::Sequential(nn::Linear(pixels, 128), nn::ReLU(), nn::Dropout(0.2), nn::Linear(128, classes));
}

/// One pass over the examples in batches of 64, drawn in random order. Returns the mean loss of a batch.
template <class Loader>
double train_epoch(nn::Sequential& net, Loader& loader, optim::Optimizer& optimizer) {
  net->train();
  double total = 0;
  int64_t batches = 0;
  for (auto& batch : loader) {
    Tensor loss = F::cross_entropy(net->forward(batch.data), batch.target);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    total += loss.template item<double>();
    ++batches;
  }
  return total / static_cast<double>(batches);
}

/// The class that the net gives to each row of x.
inline Tensor predict(nn::Sequential& net, const Tensor& x) {
  NoGradGuard no_grad;
  net->eval();
  return net->forward(x).argmax(1);
}

/// What was measured after each epoch.
struct LearningCurve {
  std::vector<double> loss, train_accuracy, test_accuracy;
};

inline LearningCurve train_digits(nn::Sequential& net, const Examples& train, const Examples& test,
                                  double lr = 0.003, int64_t epochs = 40) {
  auto loader = data::make_data_loader(Rows(train).map(data::transforms::Stack<>()), /*batch_size=*/64);
  optim::Adam adam(net->parameters(), lr);
  LearningCurve curve;
  for ([[maybe_unused]] int64_t epoch : progress(epochs, "digits")) {
    curve.loss.push_back(train_epoch(net, *loader, adam));
    curve.train_accuracy.push_back(accuracy(predict(net, train.x), train.y));
    curve.test_accuracy.push_back(accuracy(predict(net, test.x), test.y));
  }
  return curve;
}

/// How often class i was taken for class j, in row i and column j: C = Yᵀ P, with a 1 in each row of Y at the true class
/// and in each row of P at the predicted one.
inline Tensor confusion_matrix(const Tensor& truth, const Tensor& predicted, int64_t classes) {
  Tensor Y = F::one_hot(truth, classes).to(kFloat64), P = F::one_hot(predicted, classes).to(kFloat64);
  return matmul(Y.t(), P).to(kInt64);
}

}  // namespace lab
