// Rows far from 0 on both sides, and different rows in one matrix; then the gradient, and a transposed matrix.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*log_sum_exp)(const Tensor& x);
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const char* story, const Tensor& x) {
    const Tensor yours = check.note(part.log_sum_exp(x)), right = logsumexp(x, 1);
    check.expect(yours.sizes() == right.sizes(), "for a matrix ", shape_of(x), " the result should be ",
                 shape_of(right), ", and yours is ", shape_of(yours));
    check.expect(allclose(yours, right), story, ": ln Σ eˣ is ", in_a_row(right), ", and yours is ",
                 in_a_row(yours));
  };
  check.point("small numbers", [&] {
    compare("rows (1, 2, 3) and (0, 0, 1)", tensor({{1., 2., 3.}, {0., 0., 1.}}));
  });
  check.point("large numbers", [&] { compare("row (1000, 1000)", tensor({{1000., 1000.}})); });
  check.point("far below 0", [&] { compare("row (-1000, -1001)", tensor({{-1000., -1001.}})); });
  check.point("rows of different sizes", [&] {
    compare("rows (0, 0), (1000, 0) and (-1000, -1000)", tensor({{0., 0.}, {1000., 0.}, {-1000., -1000.}}));
  });
  const auto leaf = [](const Tensor& x) { return x.detach().requires_grad_(); };
  const auto gradient = [&](const Tensor& x) {
    check.note(autograd::grad({part.log_sum_exp(x)}, {x}, {ones({x.size(0)}, kFloat64)})[0]);
    autograd::gradcheck([&](const autograd::variable_list& in) { return part.log_sum_exp(in[0]); }, {x},
                        {.name = "log_sum_exp"});
  };
  check.point("the gradient", [&] { gradient(leaf(randn({2, 3}, kFloat64))); });
  check.point("a transposed matrix", [&] { gradient(leaf((randn({4, 3}, kFloat64) * 2 + 500).t())); });
}

}  // namespace course
