// Shapes that were stretched in every way: added in front, from a size of 1, both, not at all.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*summed_to)(const Tensor& gradient, const std::vector<int64_t>& sizes);
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const Tensor& gradient, const std::vector<int64_t>& sizes, const char* story) {
    const Tensor yours = check.note(part.summed_to(gradient, sizes)), right = sum_to_size(gradient, sizes);
    check.expect(yours.sizes() == right.sizes(), "a gradient of shape ", shape_of(yours),
                 " arrived at a leaf ", sentence(text(sizes)), ": sum only what was stretched");
    check.expect(allclose(yours, right), story, "b̄ is ", in_a_row(right), ", and yours is ", in_a_row(yours));
  };
  const int64_t m = check.size(4), n = check.size(3);
  check.point("a bias", [&] { compare(ones({8, n}), {n}, "eight rows of ones, each stretched from b: "); });
  check.point("a column", [&] { compare(randn({m, n}), {m, 1}, "a column stretched to several: "); });
  check.point("both", [&] { compare(randn({2, m, n}), {m, 1}, "a column of each matrix: "); });
  check.point("a number", [&] { compare(randn({2, 3}), {}, "a number stretched to (2, 3): "); });
  check.point("nothing was stretched", [&] { compare(randn({3, 2}).t(), {2, 3}, "the same shape: "); });
  check.point("a size of 1 that stayed", [&] {
    compare(randn({5, 1, 3}), {1, 3}, "(1, 3) stretched to (5, 1, 3): ");
  });
}

}  // namespace course
