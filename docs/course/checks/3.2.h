// Matrices that are not square, contiguous and not.
#pragma once

#include "check.h"

namespace course {

struct Part {
  View (*turned)(const View& view);
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const char* name, const Tensor& x, const Tensor& memory) {
    const View yours = part.turned(x.raw());
    for (int d = 0; d < 2; ++d) check.note(double(yours.sizes[d])), check.note(double(yours.strides[d]));
    const Tensor right = x.t();
    check.expect(yours.dim == 2 && std::ranges::equal(yours.shape(), right.sizes()), name, " is ",
                 shape_of(x), " and ", name, ".t() is ", shape_of(right), ", and yours is ",
                 sentence(ShapeText{yours.shape()}));
    check.expect(yours.data == x.raw().data, "your view begins at another address");
    const auto* first = memory.data_ptr<float>();
    std::string elements;
    for (int64_t i = 0; i < yours.sizes[0]; ++i)
      for (int64_t j = 0; j < yours.sizes[1]; ++j) {
        const int64_t at = yours.as<float>() - first + i * yours.strides[0] + j * yours.strides[1];
        elements +=
            (elements.empty() ? "" : " ") + (at < memory.numel() ? sentence(first[at]) : sentence("?"));
      }
    check.expect(elements == in_a_row(right), name, ".t() read along its rows is ", in_a_row(right),
                 ", and yours is ", elements);
  };
  const Tensor memory = arange(1, 13, kFloat32);
  check.point("x", [&] { compare("x", memory.slice(0, 0, 6).view({2, 3}), memory); });
  check.point("turned twice", [&] { compare("x", memory.slice(0, 0, 6).view({2, 3}).t(), memory); });
  check.point("every second row", [&] { compare("x", memory.view({4, 3}).slice(0, 0, 4, 2), memory); });
  check.point("one row", [&] { compare("x", memory.view({1, 12}), memory); });
}

}  // namespace course
