// The labs' inner loops. The benchmarks call the labs' own functions, with fewer epochs.
#include <cmath>

#include "benchmark.h"
#include "by_hand.h"
#include "labs/embeddings.h"
#include "labs/factorisation.h"
#include "labs/mlp.h"
#include "labs/svd.h"

namespace bench {
namespace {

constexpr double kLeast = 15;  // target for each lab; performance.md has the target of their mean

void add_factorisations() {
  add("labs/000: SGD on a 3x3 matrix, per entry", {.times_libtorch = kLeast, .steps = 20 * 9}, [] {
    Tensor A = rand({3, 3});
    return [=] { lab::sgd_factorise(A, 2, 20); };
  });
  add("labs/000: the same, masked, per epoch", {.times_libtorch = kLeast, .steps = 20}, [] {
    Tensor A = rand({3, 3}), M = tensor({{1, 1, 1}, {0, 1, 1}, {1, 0, 1}}, kInt64);
    return [=] { lab::sgd_factorise_masked(A, M, 2, 20); };
  });
  add("labs/001: factorisation of 150x4, float64, per epoch", {.times_libtorch = kLeast, .steps = 50}, [] {
    Tensor A = rand({150, 4}, kFloat64);
    return [=] { lab::gd_factorise_ad(A, 2, 50); };
  });
  add("labs/002: Adam on 20x10, rank 3, per iteration", {.times_libtorch = kLeast, .steps = 50}, [] {
    Tensor A = rand({20, 10});
    return [=] { lab::factorize(A, 3, 50); };
  });
  add("labs/002: the same, masked, per iteration", {.times_libtorch = kLeast, .steps = 50}, [] {
    Tensor A = rand({20, 10});
    A[3][4] = NAN;
    A[7][1] = NAN;
    return [=] { lab::factorize_masked(A, 3, 50); };
  });
}

void add_perceptrons() {
  add("labs/001: perceptron 4-12-3 on 100 rows, per epoch", {.times_libtorch = kLeast, .steps = 20}, [] {
    Tensor x = rand({100, 4}), y = randint(0, 3, {100}, kInt64);
    return [=] { lab::mlp(x, y, 3, 0.01, 20); };
  });
  add("labs/001: digits with a data loader, per batch of 64", {.times_libtorch = 1.2, .steps = 10}, [] {
    nn::Sequential net = lab::digit_classifier(64, 10);
    lab::Examples examples{rand({640, 64}), randint(0, 10, {640}, kInt64)};
    auto rows = lab::Rows(examples).map(data::transforms::Stack<>());
    std::shared_ptr loader(data::make_data_loader(rows, /*batch_size=*/64));
    auto adam = std::make_shared<optim::Adam>(net->parameters(), 0.003);
    return [=]() mutable {
      auto step = lab::training_step(net, *adam);
      lab::train_epoch(net, *loader, step);
    };
  });
}

void add_embeddings() {
  add("labs/003: a product of two numbers and its slope", {.times_libtorch = kLeast},
      [] { return [] { lab::loss_and_m1_grad(1.0, 0.5, 1.0); }; });
  add("labs/003: recommender, per batch of 16", {.times_libtorch = kLeast, .steps = 50}, [] {
    lab::Ratings ratings{randint(0, 60, {800}, kInt64), randint(0, 40, {800}, kInt64), rand({800})};
    auto model = std::make_shared<lab::Recommender>(60, 40, 2, 0.5);
    auto adam = std::make_shared<optim::Adam>(model->parameters(), 0.01);
    return [=] {
      auto step = lab::training_step(*model, ratings, 0.05, *adam);
      lab::train_epoch(ratings, step);
    };
  });
}

void add_svd() {
  constexpr int iterations = 100;
  add("labs/004: svd of 5x4 by descent, per iteration",
      {.times_libtorch = kLeast, .of_limit = 1 / 12.0, .steps = iterations}, [] {
        Tensor M = rand({5, 4});
        return [=] { lab::calculate_svd(M, 0.9, 0.9, iterations); };
      });
  // The same descent with derivatives written by hand. Both must have the same loss at the end.
  add_limit("labs/004: svd of 5x4 by descent, per iteration", iterations, [] {
    Tensor M = rand({5, 4});
    const auto start = [M] {
      manual_seed(314);
      Tensor U = lab::guess({5, 4}, M), d = lab::guess({4}, M), V = lab::guess({4, 4}, M);
      return by_hand::Descent(M, U, d, V);
    };
    by_hand::Descent check = start();
    double loss = 0;
    for (int i = 0; i < iterations; ++i) loss = check.step(0.9f, 0.9f);
    const double wanted = std::get<3>(lab::calculate_svd(M, 0.9, 0.9, iterations)).back();
    if (std::abs(loss - wanted) > 1e-4 * wanted)
      throw std::logic_error("by_hand.h ends with another loss than calculate_svd");
    return [=] {
      by_hand::Descent descent = start();
      for (int i = 0; i < iterations; ++i) benchmark::DoNotOptimize(descent.step(0.9f, 0.9f));
    };
  });
  add("labs/004: inverse of 4x4 by descent, per iteration", {.times_libtorch = kLeast, .steps = 100}, [] {
    Tensor M = rand({4, 4});
    return [=] { lab::calculate_inverse(M, 0.9, 0.9, 100); };
  });
}

}  // namespace

void add_benchmarks() {
  add_factorisations();
  add_perceptrons();
  add_embeddings();
  add_svd();
}

}  // namespace bench
