// (2, 3) times (3, 4), contiguous and transposed: no two sizes are equal.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*product)(const Tensor& a, const Tensor& b);
};

inline void ask(const Part& part, Check& check) {
  const auto leaf = [](const Tensor& x) { return x.detach().requires_grad_(); };
  const int64_t m = check.size(2), k = check.size(3), n = check.size(4);
  const Tensor a = leaf(rand({m, k}, kFloat64)), b = leaf(rand({k, n}, kFloat64));
  const auto product = [&](const autograd::variable_list& in) { return part.product(in[0], in[1]); };
  // One rule alone: the other factor is a constant.
  const auto note_gradient = [&](const Tensor& by) {
    const Tensor y = part.product(a, b), direction = arange(1, m * n + 1, kFloat64).view({m, n});
    const Tensor gradient = autograd::grad({y}, {by}, {direction}, {}, false, /*allow_unused=*/true)[0];
    check.note(gradient.defined() ? gradient : Tensor(tensor(-1.)));
  };
  check.point("the value", [&] {
    check.expect(allclose(check.note(part.product(a, b)), a.mm(b)), "A B is ", in_a_row(a.mm(b)),
                 ", and yours is ", in_a_row(part.product(a, b)));
  });
  check.point("one op", [&] {
    const Tensor y = part.product(a, b);
    check.expect(y.grad_fn() && std::string(y.grad_fn()->op()) == "product",
                 "the tape does not show one op \"product\"");
  });
  check.point("the rule of A", [&] {
    note_gradient(a);
    autograd::gradcheck(product, {a, b.detach()});
  });
  check.point("the rule of B", [&] {
    note_gradient(b);
    autograd::gradcheck(product, {a, b});
  });
  check.point("transposed factors", [&] {
    autograd::gradcheck(product, {leaf(rand({k, m}, kFloat64)).detach().t().requires_grad_(),
                                  leaf(rand({n, k}, kFloat64)).detach().t().requires_grad_()});
  });
}

}  // namespace course
