// M5 from the lab's guess, and a matrix whose second value comes out negative.
#pragma once

#include "check.h"
#include "descent.h"

namespace course {

struct Part {
  Factors (*take_apart)(const Tensor& M, const Tensor& U, const Tensor& d, const Tensor& V);
};

inline void ask(const Part& part, Check& check) {
  const auto try_with = [&](const char* name, uint64_t seed_of_matrix, int64_t m, int64_t n, uint64_t seed) {
    check.point(name, [&] {
      manual_seed(seed_of_matrix);
      const Tensor M = rand({m, n}).to(kFloat64);
      manual_seed(seed);
      const auto guess = [](IntArrayRef sizes) { return rand(sizes).to(kFloat64).requires_grad_(); };
      const Tensor U = guess({m, n}), d = guess({n}), V = guess({n, n});
      const Factors yours = part.take_apart(M, U, d, V);
      const NoGradGuard no_grad;
      const Tensor S = std::get<0>(yours.S.detach().sort(0, /*descending=*/true));
      check.note(S);
      const double loss = svd_loss(yours.U, yours.S, yours.V, M).item<double>();
      const double stuck =
          std::pow(std::get<1>(svd(M))[n - 1].item<double>(), 2) / static_cast<double>(m * n);
      check.expect(!(S.min().item<double>() < 0), "S is ", in_a_row(S), ": a singular value is not negative");
      check.expect(!(std::abs(loss / stuck - 1) < 0.02), "the loss is ", loss, ", which is σ", n, "² / ",
                   m * n, ": the best that one can do without the last singular value");
      check.expect(loss <= 1e-12, "the loss is ", loss, ", and should be at most 1e-12");
    });
  };
  try_with("M5", 317, 4, 3, 314);
  if (check.not_yet()) return;
  try_with("a smaller matrix", 321, 3, 2, 314);
}

}  // namespace course
