// Errors that are given, and parameters that count the epochs: so it can be seen which ones were kept.
#pragma once

#include "check.h"

namespace course {

struct Part {
  int (*train_and_keep_best)(const std::vector<Tensor>& parameters, int epochs,
                             const std::function<void()>& train_epoch, const std::function<double()>& error);
};

inline void ask(const Part& part, Check& check) {
  const auto try_errors = [&](const std::vector<double>& errors, int best) {
    const std::vector<Tensor> parameters = {zeros({2, 3}, requires_grad()), zeros({4}, requires_grad())};
    std::string listed;
    for (const double error : errors) listed += sentence(listed.empty() ? "" : ", ", error);
    int trained = 0;
    const auto train_epoch = [&] {
      check.expect(GradMode::is_enabled(), "recording is off while an epoch is trained");
      ++trained;
      const NoGradGuard no_grad;
      for (Tensor p : parameters) p.add_(1);
    };
    const auto error = [&] {
      check.expect(trained < static_cast<int>(errors.size()), "more epochs were trained than asked for");
      return errors[trained];
    };
    const int epochs = static_cast<int>(errors.size()) - 1;
    const int yours = part.train_and_keep_best(parameters, epochs, train_epoch, error);
    check.note(yours), check.note(trained);
    for (const Tensor& p : parameters) check.note(p);
    check.note(parameters[0]._version());  // was anything written back?
    const std::string story = "the errors are " + listed + ": ";
    check.expect(trained == epochs, story, trained, " epochs were trained, not ", epochs);
    check.expect(yours == best, story, "epoch ", best, " is the best, counted from 0, and you say ", yours);
    const double kept = parameters[0][0][0].item<double>();
    check.expect(kept == best, story, "the parameters are those of epoch ", kept, ", not of epoch ", best);
    check.expect(equal(parameters[1].detach(), full({4}, best)), story, "the second parameter is ",
                 in_a_row(parameters[1]), ", and should be that of epoch ", best);
  };
  check.point("a smallest error in the middle", [&] { try_errors({5, 3, 2, 2.5, 4}, 2); });
  check.point("the last is the best", [&] { try_errors({5, 4, 3}, 2); });
  check.point("up and down", [&] { try_errors({5, 3, 4, 2, 3}, 3); });
  check.point("two that are equal", [&] { try_errors({5, 2, 3, 2}, 1); });
  check.point("the start is the best", [&] { try_errors({2, 3, 4}, 0); });
  check.point("any errors", [&] {
    const Tensor drawn = rand({8}, kFloat64);
    std::vector<double> errors;
    for (int64_t i = 0; i < 8; ++i) errors.push_back(drawn[i].item<double>());
    try_errors(errors, static_cast<int>(drawn.argmin(0).item<int64_t>()));
  });
}

}  // namespace course
