// Launches: what an op costs on tensors so small that only its launch counts. And training: a perceptron's step and the
// loops of the labs.
#include "labs/embeddings.h"
#include "labs/factorisation.h"
#include "labs/mlp.h"
#include "labs/svd.h"
#include "tests/benchmarks/cuda/measure.h"

namespace bench::cuda {
namespace {

namespace F = gradus::nn::functional;

void launches(Report& report) {
  if (!report.wants("launches")) return;
  const auto op = [&](const std::string& what, bool recorded, auto f) {
    report.measure({"launches", what}, {}, [f, recorded]() -> Call {
      const Tensor x = numbers({4, 4}).requires_grad_(recorded), y = numbers({4, 4}).requires_grad_(recorded);
      return [=] { f(x, y); };
    });
  };
  using T = const Tensor&;
  op("x.fill_(1)", false, [](T x, T) { x.fill_(1); });
  op("x + y", false, [](T x, T y) { return x + y; });
  op("x + y, recorded", true, [](T x, T y) { return x + y; });
  op("mm(x, y)", false, [](T x, T y) { return mm(x, y); });
  op("sum", false, [](T x, T) { return x.sum(); });
  op("(x * y).sum().backward()", true, [](T x, T y) { (x * y).sum().backward(); });
  op("x.sum().item(), which waits", false, [](T x, T) { return x.sum().item<float>(); });
}

/// Flops of a step: forward 2, backward 4 for each weight and example.
void perceptron(Report& report, int64_t batch) {
  const std::vector<int64_t> widths = {784, 256, 128, 10};
  double weights = 0;
  for (size_t i = 0; i + 1 < widths.size(); ++i) weights += static_cast<double>(widths[i] * widths[i + 1]);
  const auto step = [&](const std::string& name, auto make) {
    report.measure({"training", "784-256-128-10, batch of " + std::to_string(batch) + ", " + name},
                   {6 * weights * static_cast<double>(batch), 0, kFloat32}, [=]() -> Call {
                     nn::Sequential net;
                     for (size_t i = 0; i + 1 < widths.size(); ++i) {
                       if (i > 0) net->push_back(nn::ReLU());
                       net->push_back(nn::Linear(widths[i], widths[i + 1]));
                     }
                     net->to(kCUDA);
                     using Optimiser = decltype(make(net->parameters()));
                     const auto optimiser = std::make_shared<Optimiser>(make(net->parameters()));
                     const Tensor x = numbers({batch, widths.front()}),
                                  target = randint(0, widths.back(), {batch}, kInt64).cuda();
                     return [=]() mutable {
                       optimiser->zero_grad();
                       F::cross_entropy(net->forward(x), target).backward();
                       optimiser->step();
                     };
                   });
  };
  using P = const std::vector<Tensor>&;
  step("SGD", [](P p) { return optim::SGD(p, 1e-3); });
  step("Adam", [](P p) { return optim::Adam(p, 1e-3); });
}

/// The labs' own functions, on small data, as the labs have it. A call is a few epochs.
void labs(Report& report) {
  const auto lab = [&](const std::string& what, const MakeCall& make) {
    report.measure({"labs", what}, {}, make);
  };
  lab("000: SGD on a 3x3 matrix, 2 epochs", []() -> Call {
    const Tensor A = numbers({3, 3});
    return [=] { lab::sgd_factorise(A, 2, 2); };
  });
  lab("001: factorisation of 150x4, float64, 5 epochs", []() -> Call {
    const Tensor A = numbers({150, 4}, kFloat64);
    return [=] { lab::gd_factorise_ad(A, 2, 5); };
  });
  lab("001: perceptron 4-12-3 on 100 rows, 5 epochs", []() -> Call {
    const Tensor x = numbers({100, 4}), y = randint(0, 3, {100}, kInt64).cuda();
    return [=] { lab::mlp(x, y, 3, 0.01, 5); };
  });
  lab("002: Adam on 20x10, rank 3, 5 iterations", []() -> Call {
    const Tensor A = numbers({20, 10});
    return [=] { lab::factorize(A, 3, 5); };
  });
  lab("003: recommender, 5 batches of 16", []() -> Call {
    const lab::Ratings ratings{randint(0, 60, {80}, kInt64).cuda(), randint(0, 40, {80}, kInt64).cuda(),
                               numbers({80})};
    const auto model = std::make_shared<lab::Recommender>(60, 40, 2, 0.5);
    model->to(kCUDA);
    const auto adam = std::make_shared<optim::Adam>(model->parameters(), 0.01);
    return [=] {
      auto step = lab::training_step(*model, ratings, 0.05, *adam);
      lab::train_epoch(ratings, step);
    };
  });
  lab("004: svd of 5x4 by descent, 5 iterations", []() -> Call {
    const Tensor M = numbers({5, 4});
    return [=] { lab::calculate_svd(M, 0.9, 0.9, 5); };
  });
}

}  // namespace

void training(Report& report) {
  launches(report);
  if (report.wants("training"))
    for (const int64_t batch : {64, 1024})
      if (batch == 64 || batch * 784 <= report.settings().most) perceptron(report, batch);
  if (report.wants("labs")) labs(report);
}

}  // namespace bench::cuda
