// Prints what chapter 9 shows: see pages.h.
#include <algorithm>
#include <iomanip>

#include "labs/common/lab.h"
#include "labs/embeddings.h"
#include "labs/mlp.h"
#include "pages.h"
#include "tensor/files/csv.h"

namespace {

using course::padded, course::rounded, course::sentence, course::shape_of;
namespace F = nn::functional;

lab::Examples irises() {
  const CsvTable table = read_csv(lab::data_file("iris.csv"), {.label = kLastColumn});
  return {lab::standardise(table.values), table.labels};
}

struct Run {
  double train, test;
};

/// The net of the lab, from seed 0, 1, …, 19
std::vector<Run> twenty_runs(int64_t epochs, double lr = 0.01, nn::LossReduction reduction = kSum) {
  const lab::Examples all = irises();
  std::vector<Run> runs;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    manual_seed(seed);
    const auto [train, test] = lab::shuffle_and_split(all, 100);
    const lab::Weights w =
        lab::mlp(train.x, train.y, 3, lr, epochs, F::CrossEntropyFuncOptions().reduction(reduction));
    runs.push_back({lab::accuracy(lab::mlp_logits(train.x, w).argmax(1), train.y),
                    lab::accuracy(lab::mlp_logits(test.x, w).argmax(1), test.y)});
  }
  return runs;
}

std::vector<double> in_training(const std::vector<Run>& runs) {
  std::vector<double> accuracies;
  for (const Run& run : runs) accuracies.push_back(run.train);
  return accuracies;
}

std::string percent(double share) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << 100 * share;
  return out.str();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

void starts() {
  std::cout << "training accuracy in % over 20 seeds   least   median   greatest\n";
  for (const int64_t epochs : {100, 300, 1000}) {
    const std::vector<double> runs = in_training(twenty_runs(epochs));
    std::cout << "after " << std::setw(4) << epochs << " epochs                      " << std::setw(6)
              << percent(*std::ranges::min_element(runs)) << std::setw(9) << percent(median(runs))
              << std::setw(11) << percent(*std::ranges::max_element(runs)) << "\n";
  }
}

/// Gradient descent on the sum of the cross-entropy, from weights that are given
void descend(const lab::Weights& w, const lab::Examples& train, int epochs) {
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (const Tensor& p : {w.W1, w.W2, w.b1, w.b2}) p.mutable_grad().reset();
    F::cross_entropy(lab::mlp_logits(train.x, w), train.y, F::CrossEntropyFuncOptions().reduction(kSum))
        .backward();
    const NoGradGuard no_grad;
    for (Tensor p : {w.W1, w.W2, w.b1, w.b2}) p -= 0.01 * p.grad();
  }
}

double accuracy_in_training(const lab::Weights& w, const lab::Examples& train) {
  return lab::accuracy(lab::mlp_logits(train.x, w).argmax(1), train.y);
}

void twins() {
  manual_seed(0);
  const lab::Examples train = lab::shuffle_and_split(irises(), 100).first;
  lab::Weights w = lab::initial_weights(4, 3, train.x);
  w.W1 = full({4, 12}, 0.5).requires_grad_(), w.W2 = full({12, 3}, 0.5).requires_grad_();
  std::cout << "epoch   first row of W₁                      accuracy in training\n";
  for (int epoch = 0; epoch <= 100; epoch += 50) {
    if (epoch > 0) descend(w, train, 50);
    std::cout << std::setw(5) << epoch << "   " << rounded(w.W1[0].slice(0, 0, 4), 3) << "  …"
              << std::setw(12) << percent(accuracy_in_training(w, train)) << "\n";
  }
}

/// The lab's net, changed in one thing at a time. The new weights and biases are uniform on ±1 / √in, as nn::Linear draws
/// them.
void better_starts() {
  const auto around_zero = [](IntArrayRef shape, double in) {
    return ((2 * rand(shape) - 1) / std::sqrt(in)).requires_grad_();
  };
  std::cout << "training accuracy in % over 20 seeds   least   median   greatest\n";
  const auto measure = [&](const char* name, auto change) {
    std::vector<double> accuracies;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      manual_seed(seed);
      const lab::Examples train = lab::shuffle_and_split(irises(), 100).first;
      lab::Weights w = lab::initial_weights(4, 3, train.x);
      change(w);
      descend(w, train, 100);
      accuracies.push_back(accuracy_in_training(w, train));
    }
    std::cout << padded(name, 38) << std::setw(6) << percent(*std::ranges::min_element(accuracies))
              << std::setw(9) << percent(median(accuracies)) << std::setw(11)
              << percent(*std::ranges::max_element(accuracies)) << "\n";
  };
  measure("the lab", [](lab::Weights&) {});
  measure("weights on both sides of 0", [&](lab::Weights& w) {
    w.W1 = around_zero({4, 12}, 4), w.W2 = around_zero({12, 3}, 12);
  });
  measure("a bias for each hidden unit", [&](lab::Weights& w) { w.b1 = around_zero({12}, 4); });
  measure("a bias for each score", [&](lab::Weights& w) { w.b2 = around_zero({3}, 12); });
}

void sum_or_mean() {
  const lab::Examples all = irises();
  manual_seed(0);
  const auto [train, test] = lab::shuffle_and_split(all, 100);
  std::vector<double> norms;
  for (const nn::LossReduction reduction : {nn::LossReduction(kSum), nn::LossReduction(kMean)}) {
    manual_seed(0);
    const lab::Weights w = lab::initial_weights(4, 3, train.x);
    F::cross_entropy(lab::mlp_logits(train.x, w), train.y, F::CrossEntropyFuncOptions().reduction(reduction))
        .backward();
    norms.push_back(w.W1.grad().norm().item<double>());
  }
  std::cout << "norm of W̄₁ with the sum   " << sentence(norms[0]) << "\nwith the mean             "
            << sentence(norms[1]) << "\nratio                     " << sentence(norms[0] / norms[1])
            << "\n\n";
  std::cout << "median of 20 accuracies after 100 epochs\n"
            << "sum,  rate 0.01   " << percent(median(in_training(twenty_runs(100)))) << "\n"
            << "mean, rate 0.01   " << percent(median(in_training(twenty_runs(100, 0.01, kMean)))) << "\n"
            << "mean, rate 1      " << percent(median(in_training(twenty_runs(100, 1, kMean)))) << "\n";
}

void luck() {
  const std::vector<double> runs = in_training(twenty_runs(100));
  std::cout << "seeds        median of five\n";
  for (size_t first = 0; first < 20; first += 5)
    std::cout << std::setw(2) << first << " to " << std::setw(2) << first + 4 << std::setw(15)
              << percent(median({runs.begin() + first, runs.begin() + first + 5})) << "\n";
}

std::pair<lab::Examples, lab::Examples> digits() {
  const CsvTable table = read_csv(lab::data_file("digits.csv"), {.label = kLastColumn});
  const lab::Examples all{table.values / 16, table.labels};
  return lab::shuffle_and_split(all, all.size() - all.size() / 5);
}

void parameters() {
  const nn::Sequential net = lab::digit_classifier(64, 10);
  int64_t total = 0;
  for (const auto& item : net->named_parameters()) {
    std::cout << padded(item.key(), 10) << padded(shape_of(item.value()), 12) << item.value().numel() << "\n";
    total += item.value().numel();
  }
  std::cout << "together              " << total << "\n";
}

void modes() {
  manual_seed(0);
  const auto [train, test] = digits();
  nn::Sequential net = lab::digit_classifier(64, 10);
  lab::train_digits(net, train, test, 0.003, 5);
  const auto measured = [&, &test = test] {
    const NoGradGuard no_grad;
    return percent(lab::accuracy(net->forward(test.x).argmax(1), test.y));
  };
  net->train();
  std::cout << "in training mode      ";
  for (int i = 0; i < 4; ++i) std::cout << measured() << "  ";
  net->eval();
  std::cout << "\nin evaluation mode    ";
  for (int i = 0; i < 4; ++i) std::cout << measured() << "  ";
  std::cout << "\n";
}

struct TrainedRecommender {
  lab::Recommender model;
  lab::TrainingErrors errors;
};

TrainedRecommender trained_recommender() {
  manual_seed(0);
  const lab::Ratings all = lab::made_up_ratings(100, 50);
  const lab::Split ratings = lab::split(all);
  TrainedRecommender result{lab::Recommender(100, 50, 8, ratings.train.stars.mean().item<double>()), {}};
  result.errors = lab::train_recommender(result.model, ratings, 0, 0.01, 100);
  return result;
}

void best_epoch() {
  const lab::TrainingErrors errors = trained_recommender().errors;
  std::cout << "error after   training   validation\n";
  for (const size_t epoch : {size_t{0}, size_t{1}, errors.best_epoch, size_t{30}, size_t{100}})
    std::cout << padded(sentence(epoch, " epochs"), 14) << padded(sentence(errors.train[epoch]), 11)
              << sentence(errors.validation[epoch]) << (epoch == errors.best_epoch ? "   the best" : "")
              << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const course::Blocks blocks = {{"starts", starts},
                                 {"twins", twins},
                                 {"better_starts", better_starts},
                                 {"sum_or_mean", sum_or_mean},
                                 {"luck", luck},
                                 {"parameters", parameters},
                                 {"modes", modes},
                                 {"best_epoch", best_epoch}};
  lab::show_progress(false);
  return course::show(blocks, argc, argv);
}
