// The first step for a gradient of any size; then ten steps beside optim::Adam, where the entries differ by powers of ten.
#pragma once

#include "check.h"

namespace course {

struct Part {
  void (*adam_step)(Tensor& x, Tensor& m, Tensor& v, int t, const Tensor& gradient, double lr);
};

inline void ask(const Part& part, Check& check) {
  const auto first_step = [&](double slope, double right) {
    Tensor x = zeros({1}, kFloat64), m = zeros_like(x), v = zeros_like(x);
    part.adam_step(x, m, v, 1, full({1}, slope, kFloat64), 0.01);
    const double yours = check.note(-x.item<double>());
    check.expect(std::abs(yours - right) < 1e-4 * right, "gradient ", slope, ": the first step is ", yours,
                 ", should be ", right);
  };
  check.point("the first step", [&] { first_step(2, 0.01); });
  check.point("a large gradient", [&] { first_step(1e6, 0.01); });
  check.point("a small gradient", [&] { first_step(1e-5, 0.01 / 1.001); });
  const auto compare = [&](const Tensor& start, const Tensor& sizes) {
    const Tensor theirs = start.detach().clone().requires_grad_();
    Tensor yours = start.detach().clone(), m = zeros_like(yours), v = zeros_like(yours);
    optim::Adam adam({theirs}, 0.01);
    for (int t = 1; t <= 10; ++t) {
      const Tensor gradient = sizes * randn(start.sizes(), kFloat64);
      theirs.mutable_grad() = gradient.clone();
      adam.step();
      part.adam_step(yours, m, v, t, gradient, 0.01);
      check.note(yours);
      check.expect(allclose(yours, theirs.detach(), 1e-6, 1e-9), "step ", t, ": x is ", in_a_row(theirs),
                   ", and yours is ", in_a_row(yours));
    }
  };
  check.point("ten steps", [&] { compare(zeros({1}, kFloat64), ones({1}, kFloat64)); });
  check.point("entries of different sizes", [&] {
    compare(zeros({2, 3}, kFloat64), tensor({{1., 100., 0.01}, {10., 0.1, 1.}}).to(kFloat64));
  });
  check.point("a transposed matrix", [&] { compare(randn({2, 4}, kFloat64).t(), ones({4, 2}, kFloat64)); });
}

}  // namespace course
