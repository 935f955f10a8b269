// Lengths below and above a warp, odd and even, with idle threads and without.
#pragma once

#include "kernel.h"

namespace course {

struct Part {
  void (*reverse)(float* x, int n);
};

inline void ask(const Part& part, Check& check) {
  for (const auto& [n, threads] : {std::pair(96, 96u), {100, 128u}, {1, 32u}, {37, 256u}}) {
    const std::vector<float> before = whole_numbers(n);
    check.point(sentence(n, " elements, ", threads, " threads"), [&] {
      const Array x(before);
      run_kernel(check, "reverse", part.reverse, 1, threads, x, n);
      expect_values(check, "x", x.values(), {before.rbegin(), before.rend()});
    });
  }
}

}  // namespace course
