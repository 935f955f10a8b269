// The functions of sheets 000, 001 and 002. Each approximates a matrix A (m, n) by a product of two thin factors of
// rank k: A ≈ U Vᵀ, or A ≈ W H. They differ in three things: the derivative is written by hand or left to the tape, a
// step uses one entry or all, and missing entries are masked or not.
//
// The best rank-k approximation of A in the sum of squares is the truncated singular value decomposition. Its error is
// Σ_{i>k} σᵢ² (Eckart & Young, 1936). The lab compares the loss of each function with this bound.
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

namespace F = gradus::nn::functional;

/// Sheet 000, part 1.1. One stochastic step per entry (r, c), with the derivative written by hand. The error is
/// e = A_rc - U_r·V_c. The row U_r moves along V_c, and V_c along U_r. Returns U (m, rank) and V (n, rank).
inline std::pair<Tensor, Tensor> sgd_factorise(const Tensor& A, int64_t rank, int64_t epochs = 1000,
                                               double lr = 0.01) {
  Tensor U = rand({A.size(0), rank}, A.options());
  Tensor V = rand({A.size(1), rank}, A.options());
  repeat(epochs, "sgd_factorise", [&] {
    for (int64_t r = 0; r < A.size(0); ++r)
      for (int64_t c = 0; c < A.size(1); ++c) {
        Tensor e = A[r][c] - dot(U[r], V[c]);
        U[r] += lr * e * V[c];
        V[c] += lr * e * U[r];
      }
  });
  return {U, V};
}

/// The row and column of each entry of M (m, n) that is 1.
inline std::vector<std::pair<int64_t, int64_t>> known_entries(const Tensor& M) {
  std::vector<std::pair<int64_t, int64_t>> known;
  for (int64_t r = 0; r < M.size(0); ++r)
    for (int64_t c = 0; c < M.size(1); ++c)
      if (M[r][c].item<int64_t>() == 1) known.emplace_back(r, c);
  return known;
}

/// Sheet 000, part 3.1. sgd_factorise on the entries where M (m, n) is 1; the other entries are ignored.
inline std::pair<Tensor, Tensor> sgd_factorise_masked(const Tensor& A, const Tensor& M, int64_t rank,
                                                      int64_t epochs = 1000, double lr = 0.01) {
  Tensor U = rand({A.size(0), rank}, A.options());
  Tensor V = rand({A.size(1), rank}, A.options());
  const auto known = known_entries(M);
  repeat(epochs, "sgd_factorise_masked", [&] {
    for (const auto& [r, c] : known) {
      Tensor e = A[r][c] - dot(U[r], V[c]);
      U[r] += lr * e * V[c];
      V[c] += lr * e * U[r];
    }
  });
  return {U, V};
}

/// Sheet 001, part 1.1. Gradient descent on all entries at once. The tape computes the derivative. Returns U (m, rank)
/// and V (rank, n).
inline std::pair<Tensor, Tensor> gd_factorise_ad(const Tensor& A, int64_t rank, int64_t epochs = 1000,
                                                 double lr = 0.01) {
  Tensor U = rand({A.size(0), rank}, A.options()).requires_grad_(true);
  Tensor V = rand({rank, A.size(1)}, A.options()).requires_grad_(true);
  repeat(epochs, "gd_factorise_ad", [&] {
    U.mutable_grad().reset();
    V.mutable_grad().reset();
    Tensor J = F::mse_loss(matmul(U, V), A, kSum);
    J.backward();
    NoGradGuard no_grad;
    U -= lr * U.grad();
    V -= lr * V.grad();
  });
  return {U, V};
}

/// Sheet 002's training loop. Adam minimises the norm of the residual W H - A over W (m, k) and H (k, n). Returns the
/// loss of the last iteration; `losses`, if given, receives the loss of every iteration. A NaN in A makes the loss NaN,
/// and then every entry of W and H.
inline Tensor train_factors(const Tensor& W, const Tensor& H, const Tensor& A, int64_t iterations,
                            double lr = 0.01, std::vector<double>* losses = nullptr) {
  optim::Adam optimizer({W, H}, lr);
  const auto step = [&] {
    Tensor loss = norm(mm(W, H) - A);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  return repeat(iterations, "factorize", step, losses);
}

/// Sheet 002. train_factors from random factors. Returns W (m, k), H (k, n) and the last iteration's loss.
inline std::tuple<Tensor, Tensor, Tensor> factorize(const Tensor& A, int64_t k, int64_t iterations = 1000,
                                                    double lr = 0.01) {
  Tensor W = randn({A.size(0), k}, A.options()).requires_grad_(true);
  Tensor H = randn({k, A.size(1)}, A.options()).requires_grad_(true);
  Tensor loss = train_factors(W, H, A, iterations, lr);
  return {W, H, loss};
}

/// Sheet 002. factorize with a loss that ignores NaN: it contains only the residuals of known entries, so missing
/// entries contribute no gradient.
inline std::tuple<Tensor, Tensor, Tensor> factorize_masked(const Tensor& A, int64_t k,
                                                           int64_t iterations = 1000, double lr = 0.01) {
  Tensor W = randn({A.size(0), k}, A.options()).requires_grad_(true);
  Tensor H = randn({k, A.size(1)}, A.options()).requires_grad_(true);
  optim::Adam optimizer({W, H}, lr);
  Tensor mask = ~isnan(A);
  Tensor known = mask.flatten().nonzero().squeeze(1);  // positions of the known entries, row by row
  Tensor loss = repeat(iterations, "factorize_masked", [&] {
    Tensor diff_matrix = mm(W, H) - A;
    Tensor diff_vector = diff_matrix.flatten().index({known});
    Tensor loss = norm(diff_vector);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss;
  });
  return {W, H, loss};
}

}  // namespace lab
