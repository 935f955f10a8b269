// The functions of sheet 004, M = U S Vᵀ by gradient descent, and of the post before it, the matrix inverse.
//
// Both start from a random guess and move it downhill. The velocity v of the momentum method is kept in .grad:
// backward() adds to .grad, and after each step .grad is multiplied by `momentum` instead of being cleared.
//
//     v ← momentum · v + ∂loss,        U ← U - learning_rate · v.
//
// These functions use only names that libtorch has too, so they also compile with it: see labs/common/framework.h.
#pragma once

#include <tuple>
#include <utility>
#include <vector>

#include "labs/common/framework.h"
#include "labs/common/progress.h"
#include "labs/common/repeated.h"

namespace lab {

/// The mean squared error over all entries.
inline Tensor mse(const Tensor& y_hat, const Tensor& y_true) { return (y_hat - y_true).pow(2).mean(); }

/// The loss of U (m, n), diag_sqrt (n) and V (n, n) as a decomposition of M (m, n): U S Vᵀ should equal M, and the
/// columns of U and V should be orthonormal. S holds the squares diag_sqrt², so the singular values are ≥ 0.
inline Tensor svd_loss(const Tensor& U, const Tensor& diag_sqrt, const Tensor& V, const Tensor& M) {
  Tensor S = diag(diag_sqrt * diag_sqrt);
  Tensor y_hat = matmul(matmul(U, S), V.t());
  Tensor loss1 = mse(y_hat, M);
  Tensor loss2 = mse(matmul(U.t(), U), eye(U.size(1), M.options()));
  Tensor loss3 = mse(matmul(V, V.t()), eye(V.size(0), M.options()));
  return loss1 + loss2 / 100 + loss3 / 100;  // the scaling factors improve convergence
}

/// One step of gradient descent with momentum. Returns the loss before the step.
inline Tensor improve(Tensor& U, Tensor& diag_sqrt, Tensor& V, const Tensor& M, double learning_rate,
                      double momentum) {
  Tensor loss = svd_loss(U, diag_sqrt, V, M);
  loss.backward();

  NoGradGuard no_grad;
  // displace by learning_rate * derivatives
  U -= learning_rate * U.grad();
  diag_sqrt -= learning_rate * diag_sqrt.grad();
  V -= learning_rate * V.grad();
  // momentum: reduce speed due to friction
  U.grad().mul_(momentum);
  diag_sqrt.grad().mul_(momentum);
  V.grad().mul_(momentum);
  return loss;
}

/// A random first guess with the dtype and device of `like`. It is always drawn in float32, so that float64 starts from
/// the sheet's numbers too.
inline Tensor guess(IntArrayRef sizes, const Tensor& like) {
  return rand(sizes, kFloat32).to(like.device(), like.scalar_type()).requires_grad_(true);
}

/// The decomposition of M (m, n) by gradient descent. Returns U (m, n), the singular values (n) in descending order,
/// V (n, n), and the loss of every iteration.
inline std::tuple<Tensor, Tensor, Tensor, std::vector<double>> calculate_svd(const Tensor& M,
                                                                             double learning_rate = 0.9,
                                                                             double momentum = 0.9,
                                                                             int64_t iterations = 20000,
                                                                             uint64_t seed = 314) {
  manual_seed(seed);
  // Step 0) Guess
  Tensor U = guess(M.sizes(), M);
  Tensor diag_sqrt = guess({M.size(1)}, M);
  Tensor V = guess({M.size(1), M.size(1)}, M);
  std::vector<double> losses;
  // Step 1) Improve
  const auto step = [&] { return improve(U, diag_sqrt, V, M, learning_rate, momentum); };
  repeat(iterations, "calculate_svd", step, &losses);

  Tensor diag = diag_sqrt * diag_sqrt;
  auto [diag_sorted, order] = diag.sort(/*dim=*/-1, /*descending=*/true);
  return {U.index({indexing::Slice(), order}), diag_sorted, V.index({indexing::Slice(), order}), losses};
}

/// The mean squared error of approximate_inverse · M against the identity. Both matrices are (n, n).
inline Tensor inverse_loss(const Tensor& approximate_inverse, const Tensor& M) {
  return mse(matmul(approximate_inverse, M), eye(M.size(0), M.options()));
}

/// The earlier post: the inverse of M by the same descent. Returns it and the loss of every iteration.
inline std::pair<Tensor, std::vector<double>> calculate_inverse(const Tensor& M, double learning_rate = 0.9,
                                                                double momentum = 0.9,
                                                                int64_t iterations = 10000,
                                                                uint64_t seed = 314) {
  manual_seed(seed);
  Tensor approximate_inverse = guess(M.sizes(), M);
  const auto step = [&] {
    Tensor loss = inverse_loss(approximate_inverse, M);
    loss.backward();

    NoGradGuard no_grad;
    approximate_inverse -= learning_rate * approximate_inverse.grad();
    approximate_inverse.grad().mul_(momentum);
    return loss;
  };
  std::vector<double> losses;
  repeat(iterations, "calculate_inverse", step, &losses);
  return {approximate_inverse, losses};
}

}  // namespace lab
