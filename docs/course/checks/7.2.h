// The rule under gradcheck: one row, several rows, a transposed matrix, large scores; and once with ȳ of ones, for which
// x̄ is 0, since the probabilities sum to 1.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*softmax_rule)(const Tensor& g, const Tensor& y);
};

inline void ask(const Part& part, Check& check) {
  const auto rule = part.softmax_rule;
  const auto recorded = [rule](const Tensor& x) {
    return autograd::record("softmax", softmax(x.detach(), 1),
                            autograd::wrt(x, autograd::saved(softmax(x.detach(), 1)),
                                          [rule](const Tensor& g, const Tensor& y) { return rule(g, y); }));
  };
  const auto compare = [&](const Tensor& values) {
    const Tensor x = values.detach().requires_grad_();
    const Tensor direction = arange(1., 1. + static_cast<double>(x.numel()), kFloat64).view(x.sizes());
    check.note(autograd::grad({recorded(x)}, {x}, {direction})[0]);
    autograd::gradcheck([&](const autograd::variable_list& in) { return recorded(in[0]); }, {x},
                        {.name = "softmax"});
  };
  check.point("a shape", [&] {
    const Tensor y = softmax(rand({2, 3}, kFloat64), 1),
                 back = check.note(part.softmax_rule(ones_like(y) * 2, y));
    check.expect(back.sizes() == y.sizes(), "x̄ has the shape of x, ", shape_of(y), ", and yours is ",
                 shape_of(back));
  });
  check.point("one row", [&] { compare(tensor({{2., 1., 0.1}}).to(kFloat64)); });
  check.point("several rows", [&] { compare(randn({2, 3}, kFloat64)); });
  check.point("a transposed matrix", [&] { compare(randn({5, 3}, kFloat64).t()); });
  check.point("large scores", [&] { compare(randn({3, 4}, kFloat64) + 1000); });
  check.point("ȳ of ones", [&] {
    const Tensor y = softmax(randn({2, 5}, kFloat64), 1),
                 back = check.note(part.softmax_rule(ones_like(y), y));
    check.expect(back.abs().max().item<double>() < 1e-12,
                 "the sum of all probabilities is 1 whatever x is, so its gradient is 0; yours is ",
                 in_a_row(back));
  });
}

}  // namespace course
