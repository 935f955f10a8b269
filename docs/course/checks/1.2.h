// A hidden entry may hold any number: nothing may depend on it, not even through a factor 0.
#pragma once

#include "check.h"

namespace course {

struct Part {
  void (*known)(const Tensor& U, const Tensor& V, const Tensor& A, const Tensor& M, double lr);
};

inline void ask(const Part& part, Check& check) {
  const Tensor start_u = rand({3, 1}) + 0.5, start_v = rand({4, 1}) + 0.5;
  const Tensor A = (rand({3, 1}) + 0.5).mm(rand({1, 4}) + 0.5);  // of rank 1
  const Tensor M = tensor({{1., 1., 0., 1.}, {0., 1., 1., 1.}, {1., 0., 1., 1.}});
  const auto fit = [&](const Tensor& values, int epochs) {
    const Tensor U = start_u.clone(), V = start_v.clone();
    for (int epoch = 0; epoch < epochs; ++epoch) part.known(U, V, values, M, 0.05);
    return std::pair(check.note(U), check.note(V));
  };
  check.point("a hidden entry", [&] {
    const Tensor other = A.clone();
    other.index_put_({1, 0}, 100);
    check.expect(equal(fit(A, 1).first, fit(other, 1).first),
                 "entry (1, 0) is hidden, but your U changes when it does");
  });
  check.point("the known entries", [&] {
    const auto [U, V] = fit(A, 300);
    const double loss = ((A - U.mm(V.t())) * M).pow(2).sum().item<double>();
    check.expect(loss < 1e-3, "the known entries have rank 1, but after 300 epochs their loss is ", loss);
  });
  check.point("a hidden nan", [&] {
    const Tensor unknown = where(M == 1, A, full({3, 4}, NAN));
    const auto [U, V] = fit(unknown, 1);
    check.expect(isfinite(U).all().item<bool>() && isfinite(V).all().item<bool>(),
                 "hidden entries are nan, and so are U and V after one epoch");
  });
}

}  // namespace course
