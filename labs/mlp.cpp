// Lab: a simple MLP. Part 1 is sheet 001, part 2: it classifies irises with two weight matrices. Part 2 classifies
// images of digits in the usual way, with layers, a data loader and Adam. The functions are in mlp.h.
//
// Why the accuracies of the runs differ. The sheet says that the poor runs are in local minima. Few are: most have not
// converged yet. After 100 epochs, 15 of the 20 runs from seed 0 have a training accuracy below 93%. After 1000
// (--epochs 1000), only 1 has. The biases make them slow: the sheet's net has only one bias for each layer. With a bias
// for each unit, nearly all of the spread is gone. All weights from rand() are positive, which matters less. Chapter 9
// of the course changes one thing at a time. Dead units, whose ReLU has a negative input for every row, are not the
// cause: after 100 epochs only one of the 240 units is dead.
//
// Why the sum. The sheet minimises the sum of the cross-entropy over the rows. Its gradient is 100 times that of the
// mean. So with the mean and the same learning rate, each of the 100 steps is a hundredth as long.
#include "labs/mlp.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <string>

#include "kernels/text_stream.h"
#include "labs/common/lab.h"
#include "labs/common/tensors.h"
#include "labs/mlp_on_ranks.h"
#include "tensor/files/csv.h"
#include "tensor/print.h"

namespace {

using namespace lab;

constexpr int kRuns = 20;

// ---- The tables -----------------------------------------------------------------------------------------------------

struct Task {
  Examples all;
  std::vector<std::string> classes;

  int64_t train_size() const { return all.size() * 2 / 3; }  // the sheet's split: 100 of 150
  int64_t class_count() const { return static_cast<int64_t>(classes.size()); }
  /// The accuracy of always predicting the most frequent class.
  double baseline_accuracy() const {
    return F::one_hot(all.y, class_count()).sum({0}).max().item<double>() / static_cast<double>(all.size());
  }
};

/// Reads the table of --data, or the lab's own table. The last column is the class, the others are numbers.
Task read_task(const Session& session, const std::string& own_file) {
  const std::filesystem::path path = session.options().data.value_or(data_file(own_file));
  const CsvTable table = read_csv(path, {.dtype = dtype_of(session), .label = kLastColumn});
  check(table.rows() >= 10 && table.classes.size() >= 2, path.string(), ": ", table.rows(), " rows of ",
        table.classes.size(),
        " classes are too few to learn from: at least 10 rows and 2 classes are needed");
  check(isfinite(table.values).all().item<bool>(), path.string(), ": holds an infinite number");
  const Device device = device_of(session);
  return {{table.values.to(device), table.labels.to(device)}, table.classes};
}

// ---- Part 1: sheet 001, 2.1 and 2.2 ---------------------------------------------------------------------------------

std::string percent(double share) {
  gradus::TextStream text;
  text << std::fixed << std::setprecision(1) << 100 * share << "%";
  return text.str();
}

/// The accuracies of all runs.
struct Accuracies {
  std::vector<double> train, test;
};

/// Trains kRuns networks. Run i splits the rows and draws the weights from seed + i.
Accuracies run_many(const Session& session, const Task& iris, const F::CrossEntropyFuncOptions& loss) {
  const double lr = session.options().lr.value_or(0.01);
  Accuracies all;
  for (int64_t run : progress(kRuns, "initial weights")) {
    manual_seed(session.seed() + static_cast<uint64_t>(run));
    const auto [train, test] = shuffle_and_split(iris.all, iris.train_size());
    const Weights w =
        mlp(train.x, train.y, iris.class_count(), lr, session.options().epochs.value_or(100), loss);
    if (interrupted()) break;  // this run is not fully trained
    require_finite(w.W1.sum().item<double>(), lr);
    all.train.push_back(accuracy(mlp_logits(train.x, w).argmax(1), train.y));
    all.test.push_back(accuracy(mlp_logits(test.x, w).argmax(1), test.y));
  }
  return all;
}

/// Minimum, median and maximum.
struct Spread {
  double min = NAN, median = NAN, max = NAN;
};

Spread spread(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const size_t n = values.size();
  return {values.front(), (values[(n - 1) / 2] + values[n / 2]) / 2, values.back()};
}

std::ostream& operator<<(std::ostream& out, const Spread& s) {
  return out << "min " << percent(s.min) << ", median " << percent(s.median) << ", max " << percent(s.max);
}

void set_spread(Session& session, const std::string& name, const Spread& s) {
  session.set(name + "_min", s.min);
  session.set(name + "_median", s.median);
  session.set(name + "_max", s.max);
}

void print_runs(const Accuracies& runs, uint64_t seed) {
  std::cout << "seed   train    test\n";
  for (size_t i = 0; i < runs.train.size(); ++i)
    std::cout << std::setw(4) << seed + i << std::setw(8) << percent(runs.train[i]) << std::setw(8)
              << percent(runs.test[i]) << "\n";
}

/// PyTorch gave training accuracies of 77% (minimum), 92% (median) and 97% (maximum) over 20 seeds of its own. The
/// minimum of only 20 runs varies the most, so it has the widest tolerance.
void expect_the_sheets_spread(Session& session, const Task& iris) {
  if (session.options().data) {
    session.expect_at_least("iris.test_accuracy_median", iris.baseline_accuracy());
    return;
  }
  session.expect("iris.train_accuracy_min", 0.77, 0.2);
  session.expect("iris.train_accuracy_median", 0.92, 0.06);
  session.expect("iris.train_accuracy_max", 0.97, 0.04);
  session.expect_at_least("iris.test_accuracy_min", 0.33);
  session.expect("iris.test_accuracy_median", 0.88, 0.08);
  session.expect_at_least("iris.test_accuracy_max", 0.9);
  session.expect("iris.mean_loss_train_accuracy_median", 0.65, 0.08);
}

void iris_part(Session& session) {
  Task iris = read_task(session, "iris.csv");
  iris.all.x = standardise(iris.all.x);
  std::cout << "2.1. Implement the MLP\n\n"
            << iris.all.x.size(1) << " features, 12 hidden units, " << iris.classes.size() << " classes; "
            << iris.train_size() << " rows to train, " << iris.all.size() - iris.train_size()
            << " to test\n\n2.2. Test the MLP\n\n";

  const auto sum = F::CrossEntropyFuncOptions().reduction(kSum),
             mean = F::CrossEntropyFuncOptions().reduction(kMean);
  const Accuracies runs = run_many(session, iris, sum);
  if (runs.train.empty()) return;  // Ctrl-C came before the first run was done
  print_runs(runs, session.seed());
  const Spread train = spread(runs.train), test = spread(runs.test);
  std::cout << "\ntrain: " << train << "\ntest:  " << test << "\n\n";
  set_spread(session, "iris.train_accuracy", train);
  set_spread(session, "iris.test_accuracy", test);

  if (interrupted()) return;
  const Spread with_mean = spread(run_many(session, iris, mean).train);
  session.set("iris.mean_loss_train_accuracy_median", with_mean.median);
  std::cout << "With the mean of the cross-entropy instead of its sum, each step is " << iris.train_size()
            << " times shorter.\ntrain: " << with_mean << "\n";
  expect_the_sheets_spread(session, iris);

  session.figure("iris_accuracy", Histogram{.title = "Accuracy after training from 20 different starts",
                                            .x_label = "accuracy",
                                            .y_label = "runs",
                                            .samples = {{"train", runs.train}, {"test", runs.test}},
                                            .bins = 12});
  if (session.options().tape) {
    manual_seed(session.seed());
    const auto [rows, held_out] = shuffle_and_split(iris.all, iris.train_size());
    const Weights w = initial_weights(rows.x.size(1), iris.class_count(), rows.x);
    show_tape(session, "tape_iris",
              [&, &rows = rows] { return F::cross_entropy(mlp_logits(rows.x, w), rows.y, sum); });
  }
}

// ---- Part 2: layers, a data loader and Adam -------------------------------------------------------------------------

void draw_learning_curve(Session& session, const LearningCurve& curve) {
  std::vector<double> epochs(curve.loss.size());
  std::iota(epochs.begin(), epochs.end(), 1);
  session.figure("digits_accuracy",
                 LinePlot{.title = "Digits: accuracy after each epoch",
                          .x_label = "epoch",
                          .y_label = "accuracy",
                          .series = {{.name = "train", .x = epochs, .y = curve.train_accuracy},
                                     {.name = "held out", .x = epochs, .y = curve.test_accuracy}}});
  session.figure("digits_loss", LinePlot{.title = "Digits: mean cross-entropy of each epoch's batches",
                                         .x_label = "epoch",
                                         .y_label = "loss",
                                         .series = {{.name = "train", .x = epochs, .y = curve.loss}},
                                         .log_y = true});
}

void draw_confusion(Session& session, const Tensor& confusion, const std::vector<std::string>& classes) {
  HeatMap map{.title = "Digits: confusion matrix of the held-out fifth",
              .x_label = "predicted",
              .y_label = "true",
              .columns = classes,
              .rows = classes};
  for (int64_t i = 0; i < confusion.size(0); ++i) {
    map.values.emplace_back();
    for (int64_t j = 0; j < confusion.size(1); ++j)
      map.values.back().push_back(confusion[i][j].item<double>());
  }
  session.figure("digits_confusion", map);
}

void digits_part(Session& session) {
  manual_seed(session.seed());
  Task digits = read_task(session, "digits.csv");
  // Grey levels 0 to 16 become 0 to 1.
  digits.all.x = digits.all.x / digits.all.x.abs().max().clamp_min(1e-30);
  const auto [train, test] = shuffle_and_split(digits.all, digits.all.size() - digits.all.size() / 5);
  nn::Sequential net = digit_classifier(digits.all.x.size(1), digits.class_count());
  net->to(device_of(session), dtype_of(session));
  std::cout << train.size() << " images to train, " << test.size() << " held out\n\n" << net << "\n\n";
  if (session.options().tape) {
    const Tensor before = get_rng_state();  // dropout draws, and training must get the same numbers
    show_tape(session, "tape_digits",
              [&, &train = train] { return F::cross_entropy(net->forward(train.x), train.y); });
    set_rng_state(before);
  }

  const double lr = session.options().lr.value_or(0.003);
  const LearningCurve curve =
      train_digits_on_ranks(session, net, train, test, lr, session.options().epochs.value_or(40));
  std::cout << "epoch    loss   train  held out\n";
  for (size_t i = 0; i < curve.loss.size(); ++i)
    if ((i + 1) % 5 == 0 || i + 1 == curve.loss.size())
      std::cout << std::setw(5) << i + 1 << std::setw(8) << std::setprecision(3) << curve.loss[i]
                << std::setw(8) << percent(curve.train_accuracy[i]) << std::setw(10)
                << percent(curve.test_accuracy[i]) << "\n";
  require_finite(curve.loss.empty() ? NAN : curve.loss.back(), lr);

  const Tensor predicted = predict(net, test.x);
  const Tensor confusion = confusion_matrix(test.y, predicted, digits.class_count()).cpu();
  std::cout << "\nConfusion matrix of the held-out images, true digit down, predicted across:\n"
            << confusion << "\n";
  session.set("digits.test_accuracy", accuracy(predicted, test.y));
  session.expect_at_least("digits.test_accuracy", session.options().data ? digits.baseline_accuracy() : 0.96);
  std::cout << "\nAccuracy on the held-out images: " << percent(accuracy(predicted, test.y)) << "\n";

  draw_learning_curve(session, curve);
  draw_confusion(session, confusion, digits.classes);
}

// ---- Checks of the input, before anything is computed --------------------------------------------------------------

void check_input(Session& session) {
  if (is_chosen(session, "iris")) read_task(session, "iris.csv");
  if (is_chosen(session, "digits")) read_task(session, "digits.csv");
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run_lab(
      argc, argv,
      {.name = "mlp",
       .summary =
           "A perceptron with one hidden layer: irises with plain tensors, digits with layers and Adam",
       .parts = {{"iris", "Sheet 001, part 2, a simple MLP on Iris", iris_part},
                 {"digits", "Images of digits, with layers, a data loader and Adam", digits_part}},
       .flags = {{"--epochs", "passes over the training rows", "100, digits 40"},
                 {"--lr", "learning rate", "0.01, digits 0.003"},
                 {"--seed",
                  "seed of the split and of the initial weights; part iris runs 20 seeds from this one on",
                  "0"},
                 {"--dtype", "float32 or float64", "float32"},
                 {"--data", "a CSV of numbers whose last column is the class", "iris.csv, digits.csv"},
                 {"--checkpoint", kCheckpointHelp, "", {"digits"}},
                 {"--tape", "show the tape of one iteration"},
                 {"--step", kStepHelp},
                 {"--replay", kReplayHelp},
                 {"--compile", kCompileHelp}},
       .prepare = check_input,
       .uses_ranks = true});
}
