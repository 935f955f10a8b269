// Each program against its gradient written out.
#pragma once

#include "check.h"

namespace course {

struct Part {
  std::vector<Tensor> (*two_losses)(const Tensor& x);
  Tensor (*running_state)(const Tensor& w, const Tensor& x);
  Tensor (*descend)(const Tensor& start);
};

/// What `f` returns. If it throws, the error is noted.
template <class F>
auto noting_errors(Check& check, F f) {
  try {
    return f();
  } catch (const Error& error) {
    check.note(static_cast<double>(std::string(error.what()).size()));
    throw;
  }
}

inline void ask(const Part& part, Check& check) {
  check.point("two losses", [&] {
    for (const Tensor& numbers : {rand({3}, kFloat64), rand({4, 2}, kFloat64).t()}) {
      const Tensor x = numbers.detach().requires_grad_(), e = numbers.exp();
      const std::vector<Tensor> yours = noting_errors(check, [&] { return part.two_losses(x); });
      check.expect(yours.size() == 2 && yours[0].defined() && yours[1].defined(), "two gradients, please");
      check.expect(allclose(check.note(yours[0]), e), "the first gradient is ", in_a_row(e),
                   ", and yours is ", in_a_row(yours[0]));
      check.expect(allclose(check.note(yours[1]), 2 * e * e), "the second gradient is ", in_a_row(2 * e * e),
                   ", and yours is ", in_a_row(yours[1]));
    }
  });
  for (const int64_t steps : {1, 5})
    check.point(sentence("a state through ", steps, " steps"), [&] {
      const Tensor w = rand({}, kFloat64).requires_grad_(), x = rand({steps}, kFloat64);
      double state = 0, right = 0;
      for (int64_t t = 0; t < steps; ++t) {
        const double next = std::tanh(w.item<double>() * state + x[t].item<double>());
        right += 2 * next * (1 - next * next) * state;
        state = next;
      }
      const Tensor yours = noting_errors(check, [&] { return part.running_state(w, x); });
      check.expect(yours.defined(), "the gradient is undefined");
      check.note(yours);
      check.expect(std::abs(yours.item<double>() - right) < 1e-9, "w̄ is ", right,
                   " if each step's state before is ", "a constant, and yours is ", yours.item<double>());
    });
  check.point("descent", [&] {
    for (const double start : {0., 5.}) {
      const double right = 3 + (start - 3) * 0.8 * 0.8 * 0.8;
      const Tensor yours = noting_errors(check, [&] { return part.descend(tensor(start).to(kFloat64)); });
      check.note(yours.detach());
      check.expect(std::abs(yours.item<double>() - right) < 1e-9, "three steps lead from ", start, " to ",
                   right, ", and yours to ", yours.item<double>());
    }
  });
}

}  // namespace course
