// The sheet's matrix, down to the bound of rank 2; and which rows a step may touch, on a matrix that is not square.
#pragma once

#include "check.h"

namespace course {

struct Part {
  void (*step)(const Tensor& U, const Tensor& V, const Tensor& A, int64_t r, int64_t c, double lr);
};

/// Σ (A - U Vᵀ)²
inline double loss_of(const Tensor& U, const Tensor& V, const Tensor& A) {
  return (A - U.mm(V.t())).pow(2).sum().item<double>();
}

/// Row r of x is as it was, for all r but one.
inline void expect_only_row(const Check& check, const char* name, const Tensor& x, const Tensor& before,
                            int64_t row) {
  for (int64_t r = 0; r < x.size(0); ++r) {
    const bool moved = !equal(x[r], before[r]);
    check.expect(moved || r != row, "a step for the entry (1, 2) leaves row ", row, " of ", name,
                 " as it was");
    check.expect(!moved || r == row, "a step for the entry (1, 2) changes row ", r, " of ", name);
  }
}

inline void ask(const Part& part, Check& check) {
  check.point("which rows move", [&] {
    const int64_t m = check.size(3), n = check.size(4);
    const Tensor A = rand({m, n}), U = rand({m, 2}), V = rand({n, 2});
    const Tensor old_u = U.clone(), old_v = V.clone();
    part.step(U, V, A, 1, 2, 0.01);
    check.note(U), check.note(V);
    expect_only_row(check, "U", U, old_u, 1);
    expect_only_row(check, "V", V, old_v, 2);
  });
  const Tensor A = tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}});
  manual_seed(check.seed);
  const Tensor U = rand({3, 2}), V = rand({3, 2});
  const auto epochs = [&](int count) {
    for (int epoch = 0; epoch < count; ++epoch)
      for (int64_t r = 0; r < 3; ++r)
        for (int64_t c = 0; c < 3; ++c) part.step(U, V, A, r, c, 0.01);
    return check.note(loss_of(U, V, A));
  };
  check.point("downhill", [&] {
    const double before = loss_of(U, V, A), after = epochs(5);
    check.expect(after < before, "after 5 epochs the loss is ", after, " and was ", before,
                 ": you walk uphill");
  });
  check.point("to the bottom", [&] {
    const double loss = epochs(995);
    check.expect(loss < 0.13, "after 1000 epochs the loss is ", loss,
                 ", and 0.1219 is what rank 2 can reach");
  });
}

}  // namespace course
