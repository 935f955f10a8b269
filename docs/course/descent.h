// The descent of chapter 11, that of labs/svd.h, for an exercise that changes it.
#pragma once

#include "course.h"

/// M ≈ U diag(S) Vᵀ: U (m, k), S (k), V (n, k).
struct Factors {
  Tensor U, S, V;
};

/// How far U diag(S) Vᵀ is from M, and the columns of U and V from orthonormal.
inline Tensor svd_loss(const Tensor& U, const Tensor& S, const Tensor& V, const Tensor& M) {
  const auto error = [](const Tensor& x, const Tensor& wanted) { return (x - wanted).pow(2).mean(); };
  const Tensor I = eye(S.size(0), M.options());
  return error((U * S).mm(V.t()), M) + error(U.t().mm(U), I) / 100 + error(V.t().mm(V), I) / 100;
}

/// One step of each parameter down its slope, with momentum: .grad keeps nine tenths of itself.
inline void step_downhill(const std::vector<Tensor>& parameters) {
  const NoGradGuard no_grad;
  for (const Tensor& x : parameters) {
    x.sub_(0.9 * x.grad());
    x.grad().mul_(0.9);
  }
}
