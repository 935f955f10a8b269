// Times the loops of the sheets in each way in which they can run. A line of the output has a sheet, a way and the
// nanoseconds of an iteration, separated by tabs. programs_table.cpp makes a table of these lines. The file is compiled
// against Gradus and against libtorch.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "labs/factorisation.h"
#include "labs/mlp.h"
#include "labs/svd.h"
#if GRADUS_LIBTORCH
#include <torch/version.h>
#else
#include "by_hand.h"
#include "by_hand_sheets.h"
#endif

namespace lab {
namespace {

/// Runs this many iterations, always from the same start, and returns a number that depends on all of them.
using Loop = std::function<double(int64_t iterations)>;

struct Sheet {
  std::string name;
  int64_t iterations;  // so many that a run on Gradus takes some ten milliseconds
  int64_t steps = 1;   // steps in an iteration
  Loop by_framework, by_hand = nullptr;
};

double value(const Tensor& x) { return x.flatten()[0].item<double>(); }

#if GRADUS_LIBTORCH
constexpr int64_t kFewer = 40;  // libtorch takes about 40 times as long
#else
constexpr int64_t kFewer = 1;

/// A loop by hand, which starts from the same random numbers as the lab's.
template <class Make, class Rate>
Loop by_hand_from(Make make, Rate rate) {
  return [=](int64_t iterations) {
    manual_seed(1);
    auto loop = make();
    for (int64_t i = 0; i < iterations; ++i) loop.step(rate);
    return loop.outcome();
  };
}

/// by_hand.h's descent returns its loss, not the matrices.
struct SvdByHand {
  by_hand::Descent descent;
  double loss = 0;
  void step(float rate) { loss = descent.step(rate, 0.9f); }
  double outcome() const { return loss; }
};
#endif

std::vector<Sheet> sheets() {
  manual_seed(0);
  const Tensor A3 = rand({3, 3}), iris = rand({150, 4}, kFloat64), x = rand({100, 4}),
               y = gradus::randint(0, 3, {100}, kInt64), ratings = rand({20, 10}), M = rand({5, 4});
  std::vector<Sheet> list = {
      {"004: svd of 5 x 4", 20'000, 1,
       [=](int64_t n) { return std::get<3>(calculate_svd(M, 0.9, 0.9, n)).back(); }},
      {"002: Adam on 20 x 10", 20'000, 1,
       [=](int64_t n) { return manual_seed(1), value(std::get<0>(factorize(ratings, 3, n))); }},
      {"001: Iris, float64", 10'000, 1,
       [=](int64_t n) { return manual_seed(1), value(gd_factorise_ad(iris, 2, n, 0.001).first); }},
      {"001: perceptron 4-12-3", 5'000, 1,
       [=](int64_t n) { return manual_seed(1), value(mlp(x, y, 3, 0.001, n).W1); }},
      {"000: one entry", 5'000, 9,
       [=](int64_t n) { return manual_seed(1), value(sgd_factorise(A3, 2, n).first); }}};
#if !GRADUS_LIBTORCH
  list[0].by_hand = [=](int64_t n) {
    manual_seed(314);
    const Tensor U = guess({5, 4}, M), d = guess({4}, M), V = guess({4, 4}, M);
    SvdByHand loop{by_hand::Descent(M, U, d, V)};
    for (int64_t i = 0; i < n; ++i) loop.step(0.9f);
    return loop.outcome();
  };
  list[1].by_hand = by_hand_from(
      [=] {
        const Tensor W = randn({20, 3}), H = randn({3, 10});
        return by_hand::AdamFactors(ratings, W, H);
      },
      0.01f);
  list[2].by_hand = by_hand_from(
      [=] {
        const Tensor U = rand({150, 2}, kFloat64), V = rand({2, 4}, kFloat64);
        return by_hand::Iris(iris, U, V);
      },
      0.001);
  list[3].by_hand = by_hand_from(
      [=] {
        const Tensor W1 = rand({4, 12}), W2 = rand({12, 3});
        return by_hand::Perceptron(x, y, W1, W2);
      },
      0.001f);
  list[4].by_hand = by_hand_from(
      [=] {
        const Tensor U = rand({3, 2}), V = rand({3, 2});
        return by_hand::Stochastic(A3, U, V);
      },
      0.01f);
#endif
  return list;
}

double seconds_of(const Loop& loop, int64_t iterations) {
  const auto start = std::chrono::steady_clock::now();
  volatile double kept = loop(iterations);
  static_cast<void>(kept);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Measures a long run and a short one. Their difference leaves out the time to capture and to compile.
void measure(const Sheet& sheet, const std::string& way, const Loop& loop, int64_t iterations) {
  const int64_t few = iterations / 10;
  loop(few);
  const double seconds = seconds_of(loop, iterations + few) - seconds_of(loop, few);
  std::printf("%s\t%s\t%.6g\n", sheet.name.c_str(), way.c_str(),
              1e9 * seconds / static_cast<double>(iterations * sheet.steps));
}

}  // namespace
}  // namespace lab

int main() {
  using namespace lab;
  for (const Sheet& sheet : sheets()) {
    const int64_t iterations = sheet.iterations / kFewer;
#if GRADUS_LIBTORCH
    measure(sheet, "libtorch " TORCH_VERSION, sheet.by_framework, iterations);
#else
    const double ours = sheet.by_framework(30), by_hand = sheet.by_hand(30);
    if (std::abs(ours - by_hand) > 1e-3 * std::abs(ours))
      throw std::logic_error(sheet.name + ": the loop by hand computes something else");
    measure(sheet, "by hand", sheet.by_hand, 10 * iterations);
    measure(sheet, "eager", sheet.by_framework, iterations);
    run_steps(StepsAre::replayed);
    measure(sheet, "replay", sheet.by_framework, iterations);
    run_steps(StepsAre::compiled);
    measure(sheet, "compiled", sheet.by_framework, 4 * iterations);
    run_steps(StepsAre::called);
#endif
  }
}
