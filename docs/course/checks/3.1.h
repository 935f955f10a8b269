// Six numbers in memory, and five views of them.
#pragma once

#include "check.h"

namespace course {

struct Part {
  int64_t (*offset)(const View& view, int64_t i, int64_t j);
};

inline void ask(const Part& part, Check& check) {
  // Every element of a view of `memory`, which has `count` elements from 1 on.
  const auto compare = [&](const char* name, const Tensor& x, const Tensor& memory) {
    const auto* first = memory.data_ptr<float>();
    for (int64_t i = 0; i < x.size(0); ++i)
      for (int64_t j = 0; j < x.size(1); ++j) {
        const auto from_start = static_cast<const float*>(x.raw().data) - first;
        const int64_t yours =
            from_start + static_cast<int64_t>(check.note(double(part.offset(x.raw(), i, j))));
        const auto right = x[i][j].item<double>();
        const std::string entry = sentence(name, "[", i, "][", j, "] is ", right);
        check.expect(yours >= 0 && yours < memory.numel(), entry, ", but you read element ", yours,
                     " of memory, which has ", memory.numel());
        check.expect(first[yours] == right, entry, ", but you read ", first[yours], ", element ", yours,
                     " of memory");
      }
  };
  const Tensor x = arange(1, 7, kFloat32).view({2, 3});
  check.point("x", [&] { compare("x", x, x); });
  check.point("x.t()", [&] { compare("x.t()", x.t(), x); });
  check.point("every second column", [&] { compare("x.slice(1, 0, 3, 2)", x.slice(1, 0, 3, 2), x); });
  check.point("a stretched row", [&] { compare("x[1].expand({4, 3})", x[1].expand({4, 3}), x); });
  const int64_t rows = 2 + static_cast<int64_t>(check.seed % 5), columns = rows + 3;
  const Tensor y = arange(1, 1 + 2 * rows * columns, kFloat32).view({2, rows, columns});
  check.point("a matrix of a batch, transposed", [&] { compare("y[1].t()", y[1].t(), y); });
}

}  // namespace course
