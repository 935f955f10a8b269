// Rows, columns, numbers and batches. No element outside of memory is read.
#pragma once

#include "check.h"

namespace course {

struct Part {
  View (*stretched)(const View& view, const std::vector<int64_t>& shape);
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const Tensor& x, const std::vector<int64_t>& shape) {
    const View yours = part.stretched(x.raw(), shape);
    const std::string name = sentence(shape_of(x), " stretched to ", text(shape));
    check.expect(std::ranges::equal(yours.shape(), shape), name, " is ", sentence(ShapeText{yours.shape()}));
    for (int d = 0; d < yours.dim; ++d) check.note(double(yours.strides[d]));
    check.expect(yours.data == x.raw().data, name, ": your view begins at another address");
    const Tensor right = x.expand(shape);
    std::string elements;
    const Tensor flat = right.reshape({-1});
    for (int64_t n = 0; n < flat.numel(); ++n) {
      Shape entry(shape);
      int64_t at = 0, rest = n;
      for (int d = yours.dim - 1; d >= 0; --d) {
        entry[d] = rest % shape[d];
        rest /= shape[d];
        at += entry[d] * yours.strides[d];
      }
      check.expect(at >= 0 && at < x.numel(), name, ": element ", sentence(entry.text()), " is at ", at,
                   " of memory, which has ", x.numel(), " elements");
      elements += sentence(n ? " " : "", yours.as<float>()[at]);
    }
    check.expect(elements == in_a_row(right), name, " is ", in_a_row(right), ", and yours is ", elements);
  };
  const auto counted = [](std::vector<int64_t> sizes) {
    return arange(1, Shape(sizes).numel() + 1, kFloat32).view(sizes);
  };
  check.point("a row", [&] { compare(counted({3}), {2, 3}); });
  check.point("a column", [&] { compare(counted({3, 1}), {3, 2}); });
  check.point("a number", [&] { compare(counted({}), {2, 2}); });
  check.point("a square, where left and right look alike", [&] { compare(counted({3}), {3, 3}); });
  check.point("a column of each matrix", [&] { compare(counted({2, 1}), {3, 2, 2}); });
  check.point("what needs no stretching", [&] { compare(counted({2, 3}).t(), {3, 2}); });
  check.point("a size of 1 that stays", [&] { compare(counted({1, 3}), {1, 3}); });
}

}  // namespace course
