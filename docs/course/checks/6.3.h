// Indices that repeat, that leave rows out, and the two directions as each other's transpose.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*given_back)(const Tensor& gradient, const Tensor& index, int64_t rows);
};

inline void ask(const Part& part, Check& check) {
  check.point("ones", [&] {
    const Tensor index = tensor({2, 4, 2}, kInt64);
    const Tensor yours = check.note(part.given_back(ones({3, 2}), index, 5));
    check.expect(shape_of(yours) == "(5, 2)", "the table is (5, 2), and its gradient must be, too; yours is ",
                 shape_of(yours));
    const double right[] = {0, 0, 2, 0, 1};
    const char* taken[] = {"never taken", "never taken", "taken twice", "never taken", "taken once"};
    for (int64_t r = 0; r < 5; ++r) {
      const double number = yours[r][0].item<double>();
      check.expect(number == right[r], "row ", r, " was ", taken[r], ": its gradient is ", right[r], ", not ",
                   number);
    }
  });
  // For every table and gradient: Σ gradient · taken(table) = Σ given_back(gradient) · table.
  check.point("as the tape does it", [&] {
    const int64_t n = check.size(3);
    const Tensor table = randn({4, n}).requires_grad_(), gradient = randn({9, n});
    const Tensor index = randint(0, 4, {9}, kInt64);
    const Tensor right = autograd::grad({table.index_select(0, index)}, {table}, {gradient})[0];
    const Tensor yours = check.note(part.given_back(gradient, index, 4));
    check.expect(yours.sizes() == right.sizes() && allclose(yours, right),
                 "for nine random rows the gradient is ", in_a_row(right), ", and yours is ",
                 in_a_row(yours));
  });
}

}  // namespace course
