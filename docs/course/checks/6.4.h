// First derivatives, second derivatives, and one by hand.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*inverse)(const Tensor& x);
};

inline void ask(const Part& part, Check& check) {
  const auto inverse = [&](const autograd::variable_list& in) { return part.inverse(in[0]); };
  const auto note_both = [&](const Tensor& x) {
    const Tensor y = part.inverse(x), first = autograd::grad({y.sum()}, {x}, {}, true, true)[0];
    check.note(first);
    if (!first.requires_grad()) return;
    const Tensor second = autograd::grad({first.sum()}, {x}, {}, {}, false, true)[0];
    if (second.defined()) check.note(second);
  };
  const Tensor two = tensor({2., 4.}).to(kFloat64).requires_grad_();
  check.point("the value", [&] {
    check.tape(part.inverse(two));
    const Tensor y = check.note(part.inverse(two.detach()));
    check.expect(in_a_row(y) == "0.5 0.25", "1 / x of 2 and 4 is 0.5 and 0.25, and yours is ", in_a_row(y));
  });
  check.point("first derivative", [&] { autograd::gradcheck(inverse, {two}, {.name = "inverse"}); });
  check.point("second derivative", [&] {
    note_both(two);
    autograd::gradgradcheck(inverse, {two}, {}, {.name = "inverse"});
  });
  check.point("a transposed matrix", [&] {
    const Tensor x = (rand({check.size(3), check.size(2)}, kFloat64) + 0.5).t().detach().requires_grad_();
    note_both(x);
    autograd::gradgradcheck(inverse, {x}, {}, {.name = "inverse"});
  });
}

}  // namespace course
