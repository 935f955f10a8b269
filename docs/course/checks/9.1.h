// Gradients of both losses for several sizes; then a small net that is trained with both.
#pragma once

#include "check.h"

namespace course {

struct Part {
  double (*ratio_for_classes)(int64_t rows, int64_t classes);
  double (*ratio_for_numbers)(int64_t rows, int64_t columns);
  double (*rate_for_mean)(double rate_of_sum, double ratio);
};

inline void ask(const Part& part, Check& check) {
  using Loss = std::function<Tensor(const Tensor& x, nn::LossReduction)>;
  const auto cross_entropy = [](int64_t rows, int64_t classes) -> Loss {
    const Tensor target = randint(classes, {rows}).to(kInt64);
    return [target](const Tensor& x, nn::LossReduction reduction) {
      return nn::functional::cross_entropy(x, target,
                                           nn::functional::CrossEntropyFuncOptions().reduction(reduction));
    };
  };
  const auto squares = [](int64_t rows, int64_t columns) -> Loss {
    const Tensor target = randn({rows, columns}, kFloat64);
    return [target](const Tensor& x, nn::LossReduction reduction) { return mse_loss(x, target, reduction); };
  };
  const auto compare = [&](const char* what, int64_t rows, int64_t columns, const Loss& loss, double yours) {
    const Tensor x = randn({rows, columns}, kFloat64).requires_grad_();
    const double of_sum = autograd::grad({loss(x, kSum)}, {x})[0].norm().item<double>(),
                 of_mean = autograd::grad({loss(x, kMean)}, {x})[0].norm().item<double>();
    check.note(yours);
    check.expect(std::abs(yours - of_sum / of_mean) < 1e-6 * yours, what, " of ", text({rows, columns}),
                 ": the ratio is ", of_sum / of_mean, ", and you said ", yours);
  };
  check.point("classes of a hundred rows", [&] {
    compare("cross-entropy", 100, 3, cross_entropy(100, 3), part.ratio_for_classes(100, 3));
  });
  check.point("classes of seven rows",
              [&] { compare("cross-entropy", 7, 4, cross_entropy(7, 4), part.ratio_for_classes(7, 4)); });
  check.point("numbers", [&] {
    compare("the squared error", 7, 4, squares(7, 4), part.ratio_for_numbers(7, 4));
    compare("the squared error", 5, 1, squares(5, 1), part.ratio_for_numbers(5, 1));
  });
  check.point("the rate", [&] {
    const Tensor x = randn({12, 2}, kFloat64), start = randn({2, 3}, kFloat64);
    const Loss loss = cross_entropy(12, 3);
    const auto trained = [&](nn::LossReduction reduction, double lr) {
      const Tensor W = start.clone().requires_grad_();
      optim::SGD sgd({W}, lr);
      for (int step = 0; step < 10; ++step) {
        sgd.zero_grad();
        loss(x.mm(W), reduction).backward();
        sgd.step();
      }
      return loss(x.mm(W), kMean).item<double>();
    };
    const double lr = check.note(part.rate_for_mean(0.03, 12));
    const double by_sum = trained(kSum, 0.03), by_mean = trained(kMean, lr);
    check.expect(std::abs(by_sum - by_mean) < 1e-9 * by_sum,
                 "ten steps on the sum with the rate 0.03 lead to the loss ", by_sum,
                 ", on the mean with your rate ", lr, " to ", by_mean);
  });
}

}  // namespace course
