// Valleys of two shapes, beside optim::SGD.
#pragma once

#include "check.h"

namespace course {

struct Part {
  double (*secret_momentum)();
  void (*descend)(Tensor& x, const std::function<Tensor()>& loss, double lr, double momentum, int steps);
};

inline void ask(const Part& part, Check& check) {
  check.point("the secret", [&] {
    const double yours = check.note(part.secret_momentum());
    const auto run = [](bool forgets, double momentum) {
      const Tensor x = tensor(1.).to(kFloat64).requires_grad_();
      optim::SGD sgd({x}, optim::SGDOptions(0.1).momentum(momentum));
      for (int step = 0; step < 5; ++step) {
        if (!forgets) sgd.zero_grad();
        (0.5 * x.pow(2)).backward();
        sgd.step();
      }
      return x.item<double>();
    };
    check.expect(yours == 1, "after 5 steps of rate 0.1 on x² / 2 the loop that forgets is at ", run(true, 0),
                 ". SGD with momentum ", yours, " is at ", run(false, yours));
  });
  const auto compare = [&](const Tensor& start, const Tensor& steepness, double momentum, int steps) {
    Tensor yours = start.detach().clone().requires_grad_();
    const Tensor theirs = start.detach().clone().requires_grad_();
    const auto loss = [&](const Tensor& x) { return 0.5 * (steepness * x.pow(2)).sum(); };
    optim::SGD sgd({theirs}, optim::SGDOptions(0.1).momentum(momentum));
    for (int step = 0; step < steps; ++step) {
      sgd.zero_grad();
      loss(theirs).backward();
      sgd.step();
    }
    part.descend(
        yours, [&] { return loss(yours); }, 0.1, momentum, steps);
    check.note(yours);
    check.expect(allclose(yours, theirs), "after ", steps, steps == 1 ? " step" : " steps", " with momentum ",
                 momentum, ": x is ", in_a_row(theirs), ", and yours is ", in_a_row(yours));
  };
  const Tensor steep = tensor({{1., 2., 3.}, {0.5, 0.2, 1.}}).to(kFloat64);
  check.point("one step", [&] { compare(tensor(2.).to(kFloat64), tensor(1.).to(kFloat64), 0.5, 1); });
  check.point("two steps", [&] { compare(tensor(2.).to(kFloat64), tensor(1.).to(kFloat64), 0.5, 2); });
  check.point("a matrix", [&] { compare(randn({2, 3}, kFloat64), steep, 0.9, 10); });
  check.point("a transposed matrix", [&] { compare(randn({3, 2}, kFloat64).t(), steep, 0.7, 6); });
  check.point("no momentum", [&] { compare(randn({2, 3}, kFloat64), steep, 0, 4); });
}

}  // namespace course
