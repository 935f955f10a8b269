// Rows longer and shorter than a warp, more warps than rows, and large numbers.
#pragma once

#include "kernel.h"

namespace course {

struct Part {
  void (*softmax)(float* y, const float* x, int rows, int columns);
};

inline void ask(const Part& part, Check& check) {
  const auto try_with = [&](const char* name, int rows, int columns, unsigned blocks, double shift) {
    const Tensor numbers = 5 * randn({rows, columns}) + shift;
    check.point(name, [&] {
      const auto to_vector = [](const Tensor& x) {
        return std::vector<float>(x.data_ptr<float>(), x.data_ptr<float>() + x.numel());
      };
      const Array x(to_vector(numbers)), y(numbers.numel());
      run_kernel(check, "softmax", part.softmax, blocks, 128, y, x, rows, columns);
      expect_values(check, "y", y.values(), to_vector(numbers.softmax(1)));
    });
  };
  try_with("rows of 100", 4, 100, 1, 0);
  try_with("5 rows of 64, 8 warps", 5, 64, 2, 0);
  try_with("rows of 7", 3, 7, 1, 0);
  try_with("numbers around 1000", 2, 40, 1, 1000);
}

}  // namespace course
