// The op on several shapes and layouts, last in the graph and not last.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*cube)(const Tensor& x);
};

inline void ask(const Part& part, Check& check) {
  const auto leaf = [](const Tensor& x) { return x.to(kFloat64).detach().requires_grad_(); };
  const auto compare = [&](double factor, const Tensor& x) {
    Tensor y = factor * part.cube(x);
    check.note(autograd::grad({y}, {x}, {ones_like(y)})[0]);
    autograd::gradcheck([&](const autograd::variable_list& in) { return factor * part.cube(in[0]); }, {x},
                        {.name = "cube"});
  };
  check.point("the value", [&] {
    const Tensor y = check.note(part.cube(tensor({2., -3.})));
    check.expect(equal(y, tensor({8., -27.})), "cube of 2 and -3 is 8 and -27, and yours is ", in_a_row(y));
  });
  check.point("one op on the tape", [&] {
    const Tensor y = check.tape(part.cube(leaf(tensor({2.}))));
    check.expect(y.grad_fn(), "the result is not on the tape: record returns the tensor that is");
    check.expect(std::string(y.grad_fn()->op()) == "cube", "the tape shows \"", y.grad_fn()->op(),
                 "\", not one op \"cube\"");
  });
  check.point("cube comes last", [&] { compare(1, leaf(tensor(2.))); });
  check.point("2 cube(x)", [&] { compare(2, leaf(tensor({2., 3.}))); });
  check.point("a transposed matrix", [&] {
    compare(-3, leaf(rand({check.size(3), check.size(2)})).detach().t().requires_grad_());
  });
}

}  // namespace course
