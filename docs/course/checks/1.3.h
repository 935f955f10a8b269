// Losses that become nan, that grow without becoming nan, and rates of which none works.
#pragma once

#include "check.h"

namespace course {

struct Part {
  double (*largest_rate)(const std::vector<double>& rates, const NumberFunction& loss_after);
};

/// The loss of the chapter's matrix after 100 epochs of gradient descent on all entries at once.
inline double loss_after_100_epochs(uint64_t seed, double rate) {
  const Tensor A = tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}});
  manual_seed(seed);
  Tensor U = rand({3, 2}), V = rand({3, 2});
  for (int epoch = 0; epoch < 100; ++epoch) {
    const Tensor E = A - U.mm(V.t()), old = U;
    U = U + 2 * rate * E.mm(V);
    V = V + 2 * rate * E.t().mm(old);
  }
  return (A - U.mm(V.t())).pow(2).sum().item<double>();
}

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const std::vector<double>& rates, const NumberFunction& loss_after) {
    const double yours = check.note(part.largest_rate(rates, loss_after));
    std::string list;
    double right = 0;
    for (const double rate : rates) {
      list += (list.empty() ? "of " : ", ") + sentence(rate);
      if (loss_after(rate) < loss_after(0)) right = rate;
    }
    const double loss = yours == 0 ? loss_after(0) : loss_after(yours);
    check.expect(yours <= right, list, " you take ", yours, ", with which the loss is ", loss);
    check.expect(yours == right, list, " you take ", yours, ", but ", right, " works, too");
  };
  check.point("the chapter's matrix", [&] {
    compare({0.01, 0.03, 0.1, 0.3}, [&](double rate) { return loss_after_100_epochs(check.seed, rate); });
  });
  // x² from 1: each epoch multiplies x by 1 - 2 rate.
  const auto parabola = [](double rate) { return std::pow(1 - 2 * rate, 200); };
  check.point("a loss that grows but stays a number", [&] { compare({0.5, 1, 2, 3}, parabola); });
  check.point("none works", [&] { compare({1.5, 2.5}, parabola); });
}

}  // namespace course
