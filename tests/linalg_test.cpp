// Linear algebra beyond the list of ops: products of the factors, matrices for which a result does not exist
// or is not unique, empty matrices, and errors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "expectations.h"
#include "gradus.h"

namespace {
using namespace gradus;

Tensor mT(const Tensor& x) { return x.transpose(-2, -1); }
Tensor identity(int64_t n) { return eye(n, kFloat64); }
Tensor random(IntArrayRef sizes) { return randn(sizes, kFloat64); }
bool near(const Tensor& a, const Tensor& b, double tolerance = 1e-10) {
  return a.sizes() == b.sizes() && allclose(a, b, tolerance, tolerance);
}
bool is_orthonormal(const Tensor& Q) {
  return near(matmul(mT(Q), Q), eye(Q.size(-1), Q.options()).expand(matmul(mT(Q), Q).sizes()));
}
Tensor leaf(const Tensor& x) { return x.clone().requires_grad_(); }

/// The gradient of f(A) by A.
template <class F>
Tensor gradient(const Tensor& A, F f) {
  const Tensor x = leaf(A);
  return autograd::grad({f(x)}, {x})[0];
}

Tensor singular() { return tensor({{1.0, 2.0}, {2.0, 4.0}}, kFloat64); }
const std::vector<std::vector<int64_t>> kShapes = {{5, 5}, {7, 3}, {3, 7}, {2, 3, 6, 4}, {1, 1}, {2, 70, 40}};

// ---- The product of the factors is the matrix --------------------------------------------------------------------

TEST(Factors, SvdReconstructs) {
  for (const auto& sizes : kShapes)
    for (const bool full : {false, true}) {
      const Tensor A = random(sizes);
      const auto [U, S, Vh] = linalg::svd(A, full);
      const int64_t k = S.size(-1);
      EXPECT_EQ(U.size(-1), full ? A.size(-2) : k);
      EXPECT_EQ(Vh.size(-2), full ? A.size(-1) : k);
      EXPECT_TRUE(is_orthonormal(U) && is_orthonormal(mT(Vh)));
      EXPECT_TRUE(near(matmul(U.narrow(-1, 0, k) * S.unsqueeze(-2), Vh.narrow(-2, 0, k)), A))
          << text(A.sizes());
    }
}

TEST(Factors, QrReconstructs) {
  for (const auto& sizes : kShapes)
    for (const char* mode : {"reduced", "complete"}) {
      const Tensor A = random(sizes);
      const auto [Q, R] = linalg::qr(A, mode);
      EXPECT_EQ(Q.size(-1), std::string(mode) == "reduced" ? std::min(A.size(-1), A.size(-2)) : A.size(-2));
      EXPECT_TRUE(is_orthonormal(Q));
      EXPECT_TRUE(near(matmul(Q, R), A)) << mode << text(A.sizes());
      const Tensor below = R.narrow(-1, 0, 1).narrow(-2, 1, R.size(-2) - 1);
      EXPECT_TRUE(below.numel() == 0 || below.abs().max().item<double>() == 0);
    }
}

TEST(Factors, EighReconstructsFromEitherHalf) {
  const Tensor B = random({2, 40, 40}), A = B + mT(B);
  const auto [w, V] = linalg::eigh(A);
  EXPECT_TRUE(is_orthonormal(V));
  EXPECT_TRUE(near(matmul(V * w.unsqueeze(-2), mT(V)), A));
  EXPECT_TRUE((w.narrow(-1, 1, 39) >= w.narrow(-1, 0, 39)).all().item<bool>());
  const Tensor lower_only = A.clone();  // elements above the diagonal are not read
  lower_only.select(-2, 0).narrow(-1, 1, 39).fill_(1e6);
  EXPECT_TRUE(near(linalg::eigvalsh(lower_only), w));
  EXPECT_TRUE(near(linalg::eigvalsh(mT(lower_only), "U"), w));
}

TEST(Cholesky, Reconstructs) {
  const Tensor B = random({3, 30, 30}), A = matmul(B, mT(B)) + identity(30);
  const Tensor L = linalg::cholesky(A);
  EXPECT_TRUE(near(matmul(L, mT(L)), A));
  EXPECT_EQ(L.select(-1, 29).narrow(-1, 0, 29).abs().max().item<double>(), 0);
  EXPECT_TRUE(near(cholesky(A, /*upper=*/true), mT(L)));
}

TEST(Solve, SolvesAndInverts) {
  for (const int64_t n : {1, 2, 5, 60, 200}) {
    const Tensor A = random({n, n}) + 2 * identity(n), B = random({n, 7});
    EXPECT_TRUE(near(matmul(A, linalg::solve(A, B)), B, 1e-8)) << n;
    EXPECT_TRUE(near(matmul(A, linalg::inv(A)), identity(n), 1e-8)) << n;
    EXPECT_TRUE(near(linalg::det(A) * linalg::det(linalg::inv(A)), ones({}, kFloat64), 1e-6)) << n;
  }
}

TEST(Solve, BroadcastsAndTakesVectors) {
  const Tensor A = random({4, 3, 3}) + 3 * identity(3), b = random({3}), each = random({4, 3});
  EXPECT_TRUE(near(matmul(A, linalg::solve(A, b).unsqueeze(-1)).squeeze(-1), b.expand({4, 3})));
  EXPECT_TRUE(near(matmul(A, linalg::solve(A, each).unsqueeze(-1)).squeeze(-1), each));
  const Tensor many = random({2, 1, 3, 5});
  EXPECT_TRUE(near(matmul(A, linalg::solve(A, many)), many.expand({2, 4, 3, 5})));
  EXPECT_TRUE(near(matmul(linalg::solve(A, mT(many), /*left=*/false), A), mT(many).expand({2, 4, 5, 3})));
}

TEST(Solve, PivotsWhereTheDiagonalIsZero) {
  const Tensor A = tensor({{0.0, 2.0, 1.0}, {3.0, 0.0, 0.0}, {0.0, 0.0, 4.0}}, kFloat64);
  EXPECT_TRUE(near(matmul(A, linalg::inv(A)), identity(3)));
  EXPECT_DOUBLE_EQ(det(A).item<double>(), -24);
  const auto [sign, logarithm] = slogdet(A);
  EXPECT_EQ(sign.item<double>(), -1);
  EXPECT_DOUBLE_EQ(logarithm.item<double>(), std::log(24));
}

TEST(Determinant, OfEveryPermutationIsItsSign) {
  std::vector<int64_t> order = {0, 1, 2, 3};
  do {
    int64_t swaps = 0;
    for (size_t i = 0; i < 4; ++i)
      for (size_t j = i + 1; j < 4; ++j) swaps += order[i] > order[j];
    EXPECT_EQ(det(identity(4).index_select(0, tensor(order))).item<double>(), swaps % 2 ? -1 : 1);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Determinant, NeitherOverflowsNorUnderflowsAsLogarithm) {
  const Tensor A = identity(200) * 1e-3;
  EXPECT_EQ(det(A).item<double>(), 0);  // 1e-600
  EXPECT_NEAR(std::get<1>(slogdet(A)).item<double>(), -600 * std::log(10), 1e-9);
}

TEST(Factors, PinvHasItsFourProperties) {
  const Tensor rank_2 = matmul(random({5, 2}), random({2, 4}));
  for (const Tensor& A : {random({5, 3}), random({3, 5}), random({2, 4, 4}), rank_2}) {
    const Tensor P = linalg::pinv(A, 1e-12), AP = matmul(A, P), PA = matmul(P, A);
    EXPECT_TRUE(near(matmul(AP, A), A) && near(matmul(PA, P), P));
    EXPECT_TRUE(near(mT(AP), AP) && near(mT(PA), PA));
  }
}

// ---- Results that do not exist or are not unique -----------------------------------------------------------------

TEST(Singular, IsAnErrorInSolveAndInv) {
  EXPECT_ERROR(linalg::inv(singular()),
               "linalg.inv: The diagonal element 2 is zero, "
               "the inversion could not be completed because the input matrix is singular.");
  EXPECT_ERROR(inverse(stack({identity(2), identity(2), singular()})),
               "linalg.inv: (Batch element 2): The diagonal element 2 is zero");
  EXPECT_ERROR(linalg::solve(singular(), ones({2}, kFloat64)),
               "linalg.solve: The solver failed because the input matrix is singular.");
  EXPECT_ERROR(linalg::solve(stack({identity(2), singular()}), ones({2, 1}, kFloat64)),
               "linalg.solve: (Batch element 1): The solver failed");
}

TEST(Singular, HasDeterminantZero) {
  EXPECT_EQ(det(singular()).item<double>(), 0);
  const auto [sign, logarithm] = slogdet(singular());
  EXPECT_EQ(sign.item<double>(), 0);
  EXPECT_EQ(logarithm.item<double>(), -INFINITY);
  EXPECT_ERROR(gradient(singular(), [](const Tensor& A) { return std::get<1>(slogdet(A)); }), "is singular");
}

TEST(Factors, TheGradientOfASingularDeterminantIsTheCofactors) {
  const auto of_det = [](const Tensor& A) { return det(A).sum(); };
  EXPECT_TRUE(near(gradient(singular(), of_det), tensor({{4.0, -2.0}, {-2.0, 1.0}}, kFloat64)));
  EXPECT_TRUE(near(gradient(zeros({1, 1}, kFloat64), of_det), ones({1, 1}, kFloat64)));
  EXPECT_TRUE(near(gradient(zeros({3, 3}, kFloat64), of_det), zeros({3, 3}, kFloat64)));  // rank 0
  // This matrix has rank 2, but by rounding its last pivot is about 1e-16, not 0. The gradient must be the
  // same whether or not the rule takes it for singular.
  const Tensor counting = arange(1, 10, kFloat64).view({3, 3});
  EXPECT_TRUE(near(gradient(counting, of_det),
                   tensor({{-3.0, 6.0, -3.0}, {6.0, -12.0, 6.0}, {-3.0, 6.0, -3.0}}, kFloat64), 1e-8));
  // In one batch: invertible, of rank 1, of rank 0.
  const Tensor batch = stack({2 * identity(2), singular(), zeros({2, 2}, kFloat64)}),
               got = gradient(batch, of_det);
  EXPECT_TRUE(near(got[0], 2 * identity(2)));
  EXPECT_TRUE(near(got[1], tensor({{4.0, -2.0}, {-2.0, 1.0}}, kFloat64)));
  EXPECT_TRUE(near(got[2], zeros({2, 2}, kFloat64)));
}

TEST(NotPositiveDefinite, IsAnErrorInCholesky) {
  const Tensor A = tensor({{1.0, 2.0}, {2.0, 1.0}}, kFloat64);
  EXPECT_ERROR(
      linalg::cholesky(A),
      "linalg.cholesky: The factorization could not be completed because the input is not positive-definite "
      "(the leading minor of order 2 is not positive-definite).");
  EXPECT_ERROR(linalg::cholesky(stack({identity(2), A})),
               "linalg.cholesky: (Batch element 1): The factorization");
  EXPECT_ERROR(cholesky(zeros({3, 3})), "cholesky: The factorization");
  EXPECT_ERROR(cholesky(full({2, 2}, NAN)), "leading minor of order 1");
}

// ---- Equal values: A = s Q with an orthogonal Q, and A = V diag(1, 1, 2) Vᵀ ----------------------------------------

Tensor weights(int64_t rows, int64_t columns) {
  return arange(1, rows * columns + 1, kFloat64).view({rows, columns}).sin() + 0.3;
}
Tensor orthogonal(int64_t n) { return std::get<0>(linalg::qr(weights(n, n) + identity(n))); }
Tensor with_eigenvalues(const Tensor& w) {
  const Tensor V = orthogonal(w.size(0));
  return matmul(V * w, V.t());
}
Tensor symmetric(const Tensor& x) { return (x + mT(x)) / 2; }

/// Σ Wᵢⱼ (U g(S) Vᵀ)ᵢⱼ
template <class G>
auto of_svd(const Tensor& W, G g) {
  return [=](const Tensor& A) {
    const auto [U, S, V] = svd(A);
    return (W * matmul(U * g(S).unsqueeze(-2), mT(V))).sum();
  };
}
/// Σ Wᵢⱼ (V g(w) Vᵀ)ᵢⱼ
template <class G>
auto of_eigh(const Tensor& W, G g) {
  return [=](const Tensor& A) {
    const auto [w, V] = linalg::eigh(A);
    return (W * matmul(V * g(w).unsqueeze(-2), mT(V))).sum();
  };
}
const auto kSame = [](const Tensor& x) { return x; };
const auto kRoot = [](const Tensor& x) { return x.sqrt(); };
const char* const kEqual = "some values are equal up to rounding";

TEST(EqualValues, AFunctionOfAThroughItsFactorsHasItsGradient) {
  const Tensor W = weights(3, 3);
  for (const Tensor& A : {identity(3), 2 * orthogonal(3), 1e-30 * orthogonal(3), stack({identity(3), W})})
    EXPECT_TRUE(near(gradient(A, of_svd(W, kSame)), W.expand(A.sizes()), 1e-9)) << A;
  const Tensor tall = orthogonal(5).narrow(1, 0, 3), V = weights(5, 3);
  EXPECT_TRUE(near(gradient(tall, of_svd(V, kSame)), V, 1e-9));
  EXPECT_TRUE(near(gradient(tall.t(), of_svd(V.t(), kSame)), V.t(), 1e-9));
  for (const Tensor& A :
       {identity(3), 2 * identity(3), with_eigenvalues(tensor({1.0, 1.0, 2.0}, kFloat64))}) {
    EXPECT_TRUE(near(gradient(A, of_eigh(W, kSame)), symmetric(W), 1e-9)) << A;
    // The gradient of the root B of A solves B X + X B = W. So B X + X B gives W back.
    const Tensor X = gradient(A, of_eigh(W, kRoot));
    const auto [w, vectors] = linalg::eigh(A);
    const Tensor root = matmul(vectors * w.sqrt(), mT(vectors));
    EXPECT_TRUE(near(matmul(root, X) + matmul(X, root), symmetric(W), 1e-9)) << A;
  }
}

TEST(EqualValues, AFunctionOfTheVectorsAloneHasItsGradients) {
  // U Vᵀ is the orthogonal factor of A. At A = s Q with an antisymmetric K, the change A + Q K changes U Vᵀ by Q K / s.
  const Tensor W = weights(3, 3), Q = orthogonal(3);
  const auto polar = of_svd(W, [](const Tensor& S) { return ones_like(S); });
  const Tensor M = matmul(mT(Q), W);
  EXPECT_TRUE(near(gradient(2 * Q, polar), matmul(Q, (M - mT(M)) / 4), 1e-9));
  // The projection onto the eigenvectors of two equal eigenvalues.
  const Tensor A = with_eigenvalues(tensor({1.0, 1.0, 2.0}, kFloat64));
  const auto projection = [&](const Tensor& A) {
    const Tensor V = std::get<1>(linalg::eigh(A)).narrow(-1, 0, 2);
    return (W * matmul(V, mT(V))).sum();
  };
  // Nearly the same matrix, without equal eigenvalues.
  const Tensor nearby = A + with_eigenvalues(tensor({1e-4, -1e-4, 0.0}, kFloat64));
  EXPECT_TRUE(near(gradient(A, projection), gradient(nearby, projection), 1e-3));
}

TEST(EqualValues, AFunctionOfTheValuesAloneHasItsGradient) {
  const Tensor A = identity(3);
  EXPECT_TRUE(near(gradient(A, [](const Tensor& A) { return linalg::matrix_norm(A, "nuc"); }), A));
  EXPECT_TRUE(near(gradient(A, [](const Tensor& A) { return linalg::eigvalsh(A).sum(); }), A));
}

TEST(EqualValues, AFunctionThatDependsOnTheChoiceOfVectorsIsAnError) {
  const Tensor W = weights(3, 3), Q = 2 * orthogonal(3);
  const auto of_U = [&](const Tensor& A) { return (W * std::get<0>(svd(A))).sum(); };
  EXPECT_ERROR(gradient(Q, of_U), kEqual);
  EXPECT_ERROR(gradient(stack({W, Q}), of_U), kEqual);
  EXPECT_NO_THROW(gradient(W, of_U));
  EXPECT_ERROR(
      gradient(identity(3), [&](const Tensor& A) { return (W * std::get<1>(linalg::eigh(A))).sum(); }),
      kEqual);
  // One of two equal values counts, the other does not.
  const auto best_of_rank_1 = [&](const Tensor& A) {
    const auto [U, S, V] = svd(A);
    return (W * matmul(U.narrow(1, 0, 1) * S.narrow(0, 0, 1), V.narrow(1, 0, 1).t())).sum();
  };
  EXPECT_ERROR(gradient(Q, best_of_rank_1), kEqual);
}

TEST(EqualValues, WhereTheGradientsDoNotDetermineTheDerivativeIsAnError) {
  const Tensor W = weights(3, 3);
  EXPECT_ERROR(gradient(identity(3), of_eigh(W, [](const Tensor& w) { return w.log(); })),
               kEqual);  // ln 1 = 0
  EXPECT_ERROR(gradient(zeros({3, 3}, kFloat64), of_svd(W, kSame)), kEqual);
  EXPECT_ERROR(gradient(zeros({3, 1}, kFloat64), of_svd(W.narrow(1, 0, 1), kSame)), kEqual);
  const Tensor x = leaf(identity(3));
  const Tensor first = autograd::grad({of_svd(W, kSame)(x)}, {x}, {}, true, /*create_graph=*/true)[0];
  EXPECT_TRUE(near(first, W));
  EXPECT_ERROR(autograd::grad({(first * W).sum()}, {x}), "has no second derivative");
}

TEST(EqualValues, ValuesThatAreZeroMayBeUnused) {
  const Tensor W = weights(4, 3), A = matmul(weights(4, 1), weights(1, 3));  // of rank 1
  const auto best_of_rank_1 = [&](const Tensor& A) {
    const auto [U, S, V] = svd(A);
    return (W * matmul(U.narrow(1, 0, 1) * S.narrow(0, 0, 1), V.narrow(1, 0, 1).t())).sum();
  };
  const Tensor x = leaf(A), nearby = leaf(A + 1e-7 * weights(4, 3).cos());
  EXPECT_TRUE(near(gradient(A, best_of_rank_1), gradient(nearby.detach(), best_of_rank_1), 1e-4));
}

TEST(Scale, OfAMatrixDividesTheGradientOfItsFactors) {
  for (const Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor A = tensor({{2.0, 0.3}, {0.2, 1.0}}, dtype), w = tensor({1.0, 2.0}, dtype);
    const auto of_U = [&](const Tensor& A) { return (std::get<0>(svd(A)).select(1, 0).square() * w).sum(); };
    const auto of_V = [&](const Tensor& A) {
      return (std::get<1>(linalg::eigh(A)).select(1, 0).square() * w).sum();
    };
    const auto of_det = [&](const Tensor& A) { return det(A); };
    const double most = dtype == kFloat32 ? 1e30 : 1e250;
    for (const double scale : {1 / most, std::sqrt(1 / most), std::sqrt(most), most}) {
      EXPECT_TRUE(near(gradient(A * scale, of_U) * scale, gradient(A, of_U), 1e-4)) << scale;
      EXPECT_TRUE(near(gradient(A * scale, of_V) * scale, gradient(A, of_V), 1e-4)) << scale;
      EXPECT_TRUE(near(gradient(A * scale, of_det) / scale, gradient(A, of_det), 1e-4)) << scale;
    }
    const double whole = gradient(A, of_det)[0][0].item<double>();
    const Tensor batch =
        gradient(stack({A * most, A, A / most}), [](const Tensor& A) { return det(A).sum(); });
    EXPECT_TRUE(
        near(batch.select(1, 0).select(1, 0), tensor({whole * most, whole, whole / most}, dtype), 1e-4));
  }
}

TEST(Factors, QrOfDependentColumnsHasNoGradient) {
  const Tensor A = tensor({{1.0, 0.0}, {2.0, 0.0}, {2.0, 0.0}}, kFloat64);
  const auto [Q, R] = linalg::qr(A);
  EXPECT_TRUE(near(matmul(Q, R), A) && is_orthonormal(Q));
  EXPECT_ERROR(gradient(A, [](const Tensor& A) { return std::get<1>(linalg::qr(A)).sum(); }),
               "linalg.qr: column 2");
}

TEST(Factors, ACompleteQrOfATallMatrixHasNoGradient) {
  EXPECT_ERROR(
      gradient(random({3, 2}), [](const Tensor& A) { return std::get<1>(linalg::qr(A, "complete")).sum(); }),
      "The QR decomposition is not differentiable when mode='complete' and nrows > ncols.");
}

TEST(Factors, OfNaNAndInfinityAreErrors) {
  for (const double value : {double{NAN}, double{INFINITY}}) {
    const Tensor A = full({3, 3}, value);
    EXPECT_ERROR(linalg::svd(A), "linalg.svd: the matrix of shape (3, 3) holds NaN or infinity");
    EXPECT_ERROR(linalg::eigh(A), "linalg.eigh: the matrix of shape (3, 3) holds NaN or infinity");
    EXPECT_ERROR(linalg::pinv(A), "holds NaN or infinity");
  }
  // inv and det propagate NaN, as arithmetic does.
  EXPECT_TRUE(isnan(linalg::inv(full({2, 2}, NAN))).all().item<bool>());
  EXPECT_TRUE(isnan(det(full({2, 2}, NAN))).item<bool>());
}

// ---- Empty matrices and batches ----------------------------------------------------------------------------------

TEST(Empty, MatricesOfSizeZero) {
  const Tensor none = zeros({0, 0}, kFloat64), batch = zeros({2, 0, 0}, kFloat64);
  EXPECT_EQ(det(none).item<double>(), 1);  // the empty product
  EXPECT_TRUE(near(det(batch), ones({2}, kFloat64)));
  EXPECT_EQ(std::get<1>(slogdet(none)).item<double>(), 0);
  EXPECT_EQ(inverse(batch).sizes(), batch.sizes());
  EXPECT_EQ(linalg::cholesky(none).sizes(), none.sizes());
  EXPECT_EQ(linalg::solve(none, zeros({0, 3}, kFloat64)).sizes(), IntArrayRef({0, 3}));
  EXPECT_EQ(linalg::solve(identity(3), zeros({3, 0}, kFloat64)).sizes(), IntArrayRef({3, 0}));
  EXPECT_EQ(gradient(none, [](const Tensor& A) { return det(A); }).sizes(), none.sizes());
}

TEST(Factors, EmptyFactors) {
  const auto [Q, R] = linalg::qr(zeros({3, 0}, kFloat64));
  EXPECT_EQ(Q.sizes(), IntArrayRef({3, 0}));
  EXPECT_EQ(R.sizes(), IntArrayRef({0, 0}));
  const auto [U, S, Vh] = linalg::svd(zeros({3, 0}, kFloat64));  // full: U is any orthonormal basis
  EXPECT_TRUE(near(U, identity(3)));
  EXPECT_EQ(Vh.sizes(), IntArrayRef({0, 0}));
  const auto [w, V] = linalg::eigh(zeros({4, 0, 0}, kFloat64));
  EXPECT_EQ(w.sizes(), IntArrayRef({4, 0}));
  EXPECT_EQ(linalg::pinv(zeros({2, 0, 3}, kFloat64)).sizes(), IntArrayRef({2, 3, 0}));
  EXPECT_EQ(linalg::matrix_norm(zeros({0, 3}, kFloat64)).item<double>(), 0);
}

TEST(Empty, BatchesOfSizeZero) {
  const Tensor none = zeros({0, 3, 3}, kFloat64);
  EXPECT_EQ(det(none).sizes(), IntArrayRef({0}));
  EXPECT_EQ(inverse(none).sizes(), none.sizes());
  EXPECT_EQ(linalg::cholesky(none).sizes(), none.sizes());
  EXPECT_EQ(linalg::solve(none, zeros({3, 2}, kFloat64)).sizes(), IntArrayRef({0, 3, 2}));
  EXPECT_EQ(std::get<1>(svd(none)).sizes(), IntArrayRef({0, 3}));
  EXPECT_EQ(std::get<1>(linalg::qr(none)).sizes(), none.sizes());
  EXPECT_EQ(linalg::eigvalsh(none).sizes(), IntArrayRef({0, 3}));
}

// ---- Norms -------------------------------------------------------------------------------------------------------

TEST(Factors, MatrixNormsOverAnyTwoDimensions) {
  const Tensor A = random({3, 2, 4});
  for (const double order : {1.0, 2.0, double{INFINITY}, -1.0}) {
    const Tensor wanted = linalg::matrix_norm(A.permute({1, 2, 0}), order);  // rows along 2, columns along 0
    EXPECT_TRUE(near(linalg::matrix_norm(A, order, {2, 0}), wanted)) << order;
    EXPECT_TRUE(near(linalg::matrix_norm(A, order, {2, 0}, /*keepdim=*/true), wanted.view({1, 2, 1})))
        << order;
  }
  EXPECT_EQ(linalg::matrix_norm(A.to(kFloat32), "fro", {-2, -1}, false, kFloat64).dtype(), kFloat64);
  EXPECT_TRUE(near(linalg::norm(A), A.norm()));
  EXPECT_TRUE(near(linalg::norm(A, 1, {0, 2}), linalg::matrix_norm(A, 1, {0, 2})));
  EXPECT_TRUE(near(linalg::norm(A, 1, 2), A.abs().sum(2)));
}

TEST(VectorNorm, IsZeroWithAZeroGradientAtZero) {
  const Tensor x = tensor({{3.0, 4.0}, {0.0, 0.0}}, kFloat64);
  for (const double p : {1.0, 2.0, 3.5, double{INFINITY}}) {
    const auto f = [p](const Tensor& x) { return linalg::vector_norm(x, p, 1).sum(); };
    EXPECT_EQ(linalg::vector_norm(x, p, 1)[1].item<double>(), 0) << p;
    EXPECT_TRUE(near(gradient(x, f)[1], zeros({2}, kFloat64))) << p;
  }
}

// ---- Errors ------------------------------------------------------------------------------------------------------

TEST(LinalgErrors, NameTheFunctionAndTheShapes) {
  EXPECT_ERROR(linalg::inv(ones({2, 3})),
               "linalg.inv: A must be batches of square matrices, but they are 2 by 3");
  EXPECT_ERROR(linalg::inv(ones({5, 3, 5})), "they are 3 by 5");
  EXPECT_ERROR(det(ones({2, 3})),
               "linalg.det: A must be batches of square matrices, but they are 2 by 3 matrices");
  EXPECT_ERROR(linalg::cholesky(ones({3})),
               "linalg.cholesky: The input tensor A must have at least 2 dimensions");
  EXPECT_ERROR(linalg::inv(ones({2, 2}, kInt64)),
               "linalg.inv: Expected a floating point tensor as input. Got int64");
  EXPECT_ERROR(linalg::solve(eye(3), ones({2, 2})),
               "linalg.solve: Incompatible shapes of A and B for the equation AX = B (3x3 and 2x2)");
  EXPECT_ERROR(linalg::solve(eye(3), ones({3, 1}, kFloat64)),
               "linalg.solve: Expected A and B to have the same dtype");
  EXPECT_ERROR(linalg::solve(ones({2, 3, 3}), ones({4, 3, 1})), "linalg.solve");
  EXPECT_ERROR(linalg::solve_triangular(eye(3), ones({3}), true), "at least 2 dimensions");
  EXPECT_ERROR(linalg::matrix_norm(eye(3), 3), "linalg.matrix_norm: Order 3 not supported.");
  EXPECT_ERROR(linalg::matrix_norm(eye(3), "max"), "linalg.matrix_norm: Order max not supported.");
  EXPECT_ERROR(linalg::matrix_norm(eye(3), 1, {0, -2}), "dims must be different");
  EXPECT_ERROR(linalg::qr(eye(3), "economic"), "qr received unrecognized mode 'economic'");
  EXPECT_ERROR(linalg::eigh(eye(3), "lower"), "Expected UPLO argument to be 'L' or 'U', but got lower");
  EXPECT_ERROR(linalg::svd(eye(3), true, "gesvdj"), "the only driver is gesdd");
}

}  // namespace
