// Prints what chapter 8 shows: see pages.h.
#include <algorithm>
#include <iomanip>

#include "pages.h"

namespace {

using course::padded, course::sentence;

void rates() {
  std::cout << "rate    after 1     2        3        10 steps\n";
  for (const double lr : {0.05, 0.2, 0.25, 0.4, 0.5, 0.6}) {
    std::cout << padded(sentence(lr), 8);
    double x = 1;
    for (int step = 1; step <= 10; ++step) {
      x -= lr * 4 * x;
      if (step <= 3 || step == 10) std::cout << padded(sentence(std::abs(x) < 1e-15 ? 0 : x), 9);
    }
    std::cout << "\n";
  }
}

/// L = ½ (x² + steep y²), started at (1, 1)
struct Valley {
  double steep;
  Tensor p = ones({2}, kFloat64).requires_grad_();
  Tensor loss() const { return 0.5 * (p[0].pow(2) + steep * p[1].pow(2)); }
};

/// How many steps until |x| and |y| are below 0.01 for good (here: for a hundred steps)?
int steps_needed(Valley& valley, optim::Optimizer& optimizer, int most = 20000) {
  int arrived = 0;
  for (int step = 1; step <= most; ++step) {
    optimizer.zero_grad();
    valley.loss().backward();
    optimizer.step();
    if (valley.p.abs().max().item<double>() >= 0.01) arrived = step;
    if (step >= arrived + 100) return arrived + 1;
  }
  return -1;
}

void valleys() {
  std::cout << "steepness   plain   momentum\n";
  for (const double steep : {1., 4., 25., 100., 400.}) {
    Valley a{steep}, b{steep};
    const double root = std::sqrt(steep), beta = std::pow((root - 1) / (root + 1), 2);
    optim::SGD plain({a.p}, 2 / (1 + steep));
    optim::SGD momentum({b.p}, optim::SGDOptions(std::pow(2 / (1 + root), 2)).momentum(beta));
    std::cout << std::setw(9) << steep << std::setw(8) << steps_needed(a, plain) << std::setw(11)
              << steps_needed(b, momentum) << "\n";
  }
}

void first_steps() {
  std::cout << "gradient   step of SGD   step of Adam\n";
  for (const double slope : {1e-4, 1., 1e4}) {
    const auto step_of = [&](auto make) {
      const Tensor x = tensor(0.).to(kFloat64).requires_grad_();
      auto optimizer = make(x);
      (slope * x).backward();
      optimizer.step();
      return -x.item<double>();
    };
    std::cout << std::setw(8) << slope << std::setw(14)
              << step_of([](const Tensor& x) { return optim::SGD({x}, 0.01); }) << std::setw(15)
              << sentence(step_of([](const Tensor& x) { return optim::Adam({x}, 0.01); })) << "\n";
  }
}

void adam_by_hand() {
  double m = 0, v = 0, p = 0;
  std::cout << "t   g    m       v          m̂       v̂       step\n";
  const double gradients[] = {2, 2, -1, 2};
  for (int t = 1; t <= 4; ++t) {
    const double g = gradients[t - 1];
    m = 0.9 * m + 0.1 * g, v = 0.999 * v + 0.001 * g * g;
    const double m_hat = m / (1 - std::pow(0.9, t)), v_hat = v / (1 - std::pow(0.999, t));
    const double step = -0.01 * m_hat / (std::sqrt(v_hat) + 1e-8);
    p += step;
    std::cout << t << "  " << std::setw(2) << g << "   " << padded(sentence(m), 8) << padded(sentence(v), 11)
              << padded(sentence(m_hat), 8) << padded(sentence(v_hat), 8) << sentence(step) << "\n";
  }
  const Tensor x = tensor(0.).to(kFloat64).requires_grad_();
  optim::Adam adam({x}, 0.01);
  for (const double g : gradients) x.mutable_grad() = tensor(g).to(kFloat64), adam.step();
  std::cout << "the four steps together " << sentence(p) << ", and optim::Adam's "
            << sentence(x.item<double>()) << "\n";
}

void scales() {
  std::cout << "loss times   SGD        Adam\n";
  for (const double scale : {0.01, 1., 100.}) {
    const auto after = [&](auto make) {
      const Valley valley{25};
      auto optimizer = make(valley.p);
      for (int step = 0; step < 200; ++step) {
        optimizer.zero_grad();
        (scale * valley.loss()).backward();
        optimizer.step();
      }
      return sentence(valley.loss().template item<double>());
    };
    std::cout << padded(sentence(scale), 13)
              << padded(after([](const Tensor& p) { return optim::SGD({p}, 0.03); }), 11)
              << after([](const Tensor& p) { return optim::Adam({p}, 0.03); }) << "\n";
  }
}

void noise() {
  std::cout << "rate    steps until |x| < 1   |x| in the end, on average\n";
  for (const double lr : {0.3, 0.1, 0.01, 0.001}) {
    manual_seed(1);
    double x = 20, sum = 0;
    int arrived = 0;
    const Tensor errors = randn({20000}, kFloat64);
    for (int step = 1; step <= 20000; ++step) {
      x -= lr * (x + 5 * errors[step - 1].item<double>());
      if (!arrived && std::abs(x) < 1) arrived = step;
      if (step > 15000) sum += std::abs(x) / 5000;
    }
    std::cout << padded(sentence(lr), 8) << std::setw(19) << arrived << std::setw(29) << sentence(sum)
              << "\n";
  }
}

void forgetful() {
  const Tensor x = tensor(1.).to(kFloat64).requires_grad_(), y = tensor(1.).to(kFloat64).requires_grad_();
  optim::SGD without({x}, 0.1), with_momentum({y}, optim::SGDOptions(0.1).momentum(1));
  std::cout << "step   without zero_grad   momentum 1\n";
  for (int step = 1; step <= 40; ++step) {
    (0.5 * x.pow(2)).backward();
    without.step();
    with_momentum.zero_grad();
    (0.5 * y.pow(2)).backward();
    with_momentum.step();
    if (step % 5 == 0)
      std::cout << std::setw(4) << step << std::setw(20) << sentence(x.item<double>()) << std::setw(13)
                << sentence(y.item<double>()) << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  const course::Blocks blocks = {
      {"rates", rates},   {"valleys", valleys}, {"first_steps", first_steps}, {"adam_by_hand", adam_by_hand},
      {"scales", scales}, {"noise", noise},     {"forgetful", forgetful}};
  return course::show(blocks, argc, argv);
}
