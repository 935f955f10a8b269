// Matrices without symmetry, one of them transposed in memory. The diagonal is large, so that there is an inverse.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*my_inverse)(const Tensor& a);
};

inline void ask(const Part& part, Check& check) {
  const auto inverse_of = [&](const autograd::variable_list& in) { return part.my_inverse(in[0]); };
  const auto matrix = [](int64_t n) { return (rand({n, n}, kFloat64) + 2 * eye(n, kFloat64)).detach(); };
  const Tensor a = matrix(3).requires_grad_();
  check.point("the value", [&] {
    const Tensor y = check.note(part.my_inverse(a));
    check.expect(allclose(a.mm(y), eye(3, kFloat64)), "A times your inverse is ", in_a_row(a.mm(y)));
  });
  check.point("one op", [&] {
    const Tensor y = part.my_inverse(a);
    check.expect(y.grad_fn() && std::string(y.grad_fn()->op()) == "my_inverse",
                 "the tape does not show one op \"my_inverse\"");
  });
  check.point("the rule", [&] {
    const Tensor direction = arange(1., 10., kFloat64).view({3, 3});
    const Tensor gradient =
        autograd::grad({part.my_inverse(a)}, {a}, {direction}, {}, false, /*allow_unused=*/true)[0];
    check.note(gradient.defined() ? gradient : Tensor(tensor(-1.)));
    autograd::gradcheck(inverse_of, {a}, {.name = "my_inverse"});
  });
  check.point("a transposed matrix", [&] {
    autograd::gradcheck(inverse_of, {matrix(4).t().requires_grad_()}, {.name = "my_inverse"});
  });
  check.point("the second derivative", [&] {
    autograd::gradgradcheck(inverse_of, {matrix(2).requires_grad_()}, {}, {.name = "my_inverse"});
  });
}

}  // namespace course
