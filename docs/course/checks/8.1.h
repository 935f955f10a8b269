// Five steps beside optim::SGD, on several shapes and layouts; before the fourth, the rate is lowered.
#pragma once

#include "check.h"

namespace course {

struct Part {
  void (*momentum_step)(Tensor& x, Tensor& v, const Tensor& gradient, double lr, double momentum);
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const Tensor& start, double momentum, const std::vector<Tensor>& gradients) {
    const Tensor theirs = start.detach().clone().requires_grad_();
    Tensor yours = start.detach().clone(), v = zeros_like(yours);
    optim::SGD sgd({theirs}, optim::SGDOptions(0.1).momentum(momentum));
    double lr = 0.1;
    for (size_t i = 0; i < gradients.size(); ++i) {
      const bool lowered = i == 3;
      if (lowered) {
        lr = 0.01;
        static_cast<optim::SGDOptions&>(sgd.param_groups()[0].options()).lr(lr);
      }
      theirs.mutable_grad() = gradients[i].clone();
      sgd.step();
      part.momentum_step(yours, v, gradients[i], lr, momentum);
      check.note(yours);
      check.expect(allclose(yours, theirs.detach()), "step ", i + 1,
                   lowered ? ", the first with a tenth of the rate" : "", ": x is ", in_a_row(theirs),
                   ", and yours is ", in_a_row(yours));
    }
  };
  check.point("one number, gradients of 1",
              [&] { compare(zeros({1}, kFloat64), 0.9, std::vector<Tensor>(5, ones({1}, kFloat64))); });
  const auto random = [](IntArrayRef shape) {
    std::vector<Tensor> gradients;
    for (int i = 0; i < 5; ++i) gradients.push_back(randn(shape, kFloat64));
    return gradients;
  };
  check.point("a matrix", [&] { compare(randn({2, 3}, kFloat64), 0.9, random({2, 3})); });
  check.point("a transposed matrix", [&] { compare(randn({2, 4}, kFloat64).t(), 0.5, random({4, 2})); });
  check.point("no momentum", [&] { compare(randn({3}, kFloat64), 0, random({3})); });
}

}  // namespace course
