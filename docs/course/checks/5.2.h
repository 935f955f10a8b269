// Several gradients at one tensor, and what becomes of those that were sent.
#pragma once

#include "check.h"

namespace course {

struct Part {
  void (*gather)(Tensor& sum, const Tensor& gradient);
};

inline void ask(const Part& part, Check& check) {
  check.point("one", [&] {
    Tensor sum;
    part.gather(sum, full({3}, 5.));
    check.expect(sum.defined(), "a gradient of 5 arrived, and the sum is still undefined");
    check.expect(equal(check.note(sum), full({3}, 5.)), "b̄ is ", in_a_row(sum), ", but one op used b: 5 5 5");
  });
  check.point("two of a kind, which stay as they are", [&] {
    Tensor sum;
    const Tensor first = ones({3}), second = ones({3});
    part.gather(sum, first), part.gather(sum, second);
    check.note(sum), check.note(first), check.note(second);
    if (in_a_row(sum) != "1 1 1")  // else the next points say it
      for (const auto& [name, sent] : {std::pair("first", first), {"second", second}})
        check.expect(equal(sent, ones({3})), "the gradient that was sent ", name,
                     " was 1 1 1, and now it is ", in_a_row(sent));
  });
  check.point("1, then 5", [&] {
    Tensor sum;
    part.gather(sum, ones({3})), part.gather(sum, full({3}, 5.));
    check.note(sum);
    check.expect(in_a_row(sum) != "1 1 1", "b̄ is 1 1 1, but b was used with the slopes 1 and 5: 6 6 6");
    Tensor same;
    part.gather(same, ones({3})), part.gather(same, ones({3}));
    check.expect(equal(same, full({3}, 2.)), "b̄ is ", in_a_row(same), ", but two ops used b: 2 2 2");
  });
  check.point("many", [&] {
    Tensor sum, right = zeros({2, 3});
    for (int i = 0; i < 5; ++i) {
      const Tensor gradient = i % 2 ? randn({3, 2}).t() : randn({2, 3});
      right = right + gradient;
      part.gather(sum, gradient);
    }
    check.expect(allclose(check.note(sum), right), "five gradients add up to ", in_a_row(right),
                 ", and your sum is ", in_a_row(sum));
  });
}

}  // namespace course
