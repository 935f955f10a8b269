// Linear algebra, as far as Gradus and libtorch agree: values, gradients and error texts. libtorch's C++
// functions have no default arguments, so all arguments are written out. Comparisons of factors do not depend
// on their signs.
#include <cmath>

#include "framework.h"

namespace portable {
namespace {

namespace linalg = gradus::linalg;

Tensor mT(const Tensor& x) { return x.transpose(-2, -1); }
Tensor matrix() { return tensor({{4.0, 1.0, -2.0}, {0.5, 3.0, 1.0}, {2.0, -1.0, 5.0}}, kFloat64); }
Tensor positive_definite() { return tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}}, kFloat64); }
Tensor tall() { return tensor({{1.0, 2.0}, {-1.0, 3.0}, {0.5, 4.0}}, kFloat64); }
Tensor singular() { return tensor({{1.0, 2.0}, {2.0, 4.0}}, kFloat64); }
Tensor weights(const Tensor& like) {
  return arange(1, like.numel() + 1).to(kFloat64).sin().view(like.sizes());
}

/// The gradient by A of a weighted sum of f(A).
template <class F>
Tensor gradient(const Tensor& A, F f) {
  const Tensor x = A.clone().requires_grad_();
  const Tensor y = f(x);
  (y * weights(y)).sum().backward();
  return x.grad();
}

TEST(Linalg, SolvesLinearEquations) {
  const Tensor A = matrix(), b = tensor({1.0, 2.0, 3.0}, kFloat64), B = mT(stack({b, b * b}));
  EXPECT_TRUE(same(matmul(A, linalg::solve(A, b, true)), b));
  EXPECT_TRUE(same(matmul(A, linalg::solve(A, B, true)), B));
  EXPECT_TRUE(same(matmul(linalg::solve(A, mT(B), false), A), mT(B)));
  const Tensor above = tensor({{1.0, 1.0, 1.0}, {0.0, 1.0, 1.0}, {0.0, 0.0, 1.0}}, kFloat64);
  EXPECT_TRUE(same(linalg::solve_triangular(A, B, true, true, false), linalg::solve(A * above, B, true)));
}

TEST(Linalg, Inverts) {
  const Tensor A = matrix();
  EXPECT_TRUE(same(matmul(A, linalg::inv(A)), eye(3, kFloat64)));
  EXPECT_TRUE(same(inverse(A), A.inverse()));
  EXPECT_TRUE(same(matmul(linalg::pinv(tall(), 1e-15), tall()), eye(2, kFloat64)));
}

TEST(Linalg, HasDeterminants) {
  EXPECT_NEAR(det(matrix()).item<double>(), 76.5, 1e-9);
  EXPECT_TRUE(same(linalg::det(matrix()), matrix().det()));
  const auto [sign, logarithm] = slogdet(-matrix());
  EXPECT_EQ(sign.item<double>(), -1);
  EXPECT_NEAR(logarithm.item<double>(), std::log(76.5), 1e-9);
  EXPECT_EQ(std::get<0>(linalg::slogdet(singular())).item<double>(), 0);
  EXPECT_EQ(std::get<1>(linalg::slogdet(singular())).item<double>(), -INFINITY);
  EXPECT_TRUE(same(gradient(matrix(), [](const Tensor& A) { return det(A); }),
                   76.5 * std::sin(1.0) * mT(inverse(matrix()))));
}

TEST(Linalg, FactorsCholesky) {
  const Tensor A = positive_definite(), L = linalg::cholesky(A);
  EXPECT_TRUE(same(matmul(L, mT(L)), A));
  EXPECT_TRUE(same(cholesky(A, true), mT(L)));
  EXPECT_TRUE(same(cholesky(A), A.cholesky()));
}

TEST(Linalg, FactorsQr) {
  for (const Tensor& A : {matrix(), tall(), mT(tall())}) {
    const auto [Q, R] = linalg::qr(A, "reduced");
    EXPECT_TRUE(same(matmul(Q, R), A));
    EXPECT_TRUE(same(matmul(mT(Q), Q), eye(Q.size(-1), kFloat64)));
    const auto [complete_Q, complete_R] = linalg::qr(A, "complete");
    EXPECT_EQ(complete_Q.size(-1), A.size(-2));
    EXPECT_TRUE(same(std::get<1>(linalg::qr(A, "r")).square(), R.square()));
  }
}

TEST(Linalg, FactorsEigenvalues) {
  const Tensor A = positive_definite();
  const auto [w, V] = linalg::eigh(A, "L");
  EXPECT_TRUE(same(matmul(V * w, mT(V)), A));
  EXPECT_TRUE(same(linalg::eigvalsh(A, "U"), w));
}

TEST(Linalg, FactorsSingularValues) {
  for (const Tensor& A : {matrix(), tall(), mT(tall())}) {
    const auto [U, S, V] = svd(A);
    EXPECT_TRUE(same(matmul(U * S, mT(V)), A));
    const auto [full_U, full_S, Vh] = linalg::svd(A, true, {});
    EXPECT_EQ(full_U.size(-1), A.size(-2));
    EXPECT_EQ(Vh.size(-2), A.size(-1));
    EXPECT_TRUE(same(linalg::svdvals(A, {}), S));
  }
}

TEST(Linalg, HasNorms) {
  const Tensor A = matrix();
  EXPECT_NEAR(linalg::matrix_norm(A, "fro", {-2, -1}, false, {}).item<double>(), A.norm().item<double>(),
              1e-12);
  EXPECT_EQ(linalg::matrix_norm(A, 1, {-2, -1}, false, {}).item<double>(), 8);
  EXPECT_EQ(linalg::matrix_norm(A, INFINITY, {-2, -1}, false, {}).item<double>(), 8);
  EXPECT_EQ(linalg::matrix_norm(A, -1, {-2, -1}, true, {}).sizes(), IntArrayRef({1, 1}));
  EXPECT_TRUE(same(linalg::matrix_norm(A, "nuc", {-2, -1}, false, {}), linalg::svdvals(A, {}).sum()));
  EXPECT_TRUE(same(linalg::matrix_norm(A, 2, {-2, -1}, false, {}), linalg::svdvals(A, {}).max()));
  EXPECT_TRUE(same(linalg::vector_norm(A, 1, 0, false, {}), A.abs().sum(0)));
  EXPECT_TRUE(same(linalg::norm(A, 1, {}, false, {}), linalg::matrix_norm(A, 1, {-2, -1}, false, {})));
  EXPECT_TRUE(same(norm(A, 3, {1}, true), A.abs().pow(3).sum(1, true).pow(1.0 / 3)));
}

// For each function one number, which libtorch computed: a fixed combination of the elements of a gradient.
TEST(Linalg, GradientsAgree) {
  const auto probe = [](const Tensor& A, auto f) {
    const Tensor g = gradient(A, f);
    return (g * (weights(g) + 1)).sum().template item<double>();
  };
  const auto through_solve = [](const Tensor& A) { return linalg::solve(A, eye(3, kFloat64) + A, true); };
  const auto through_pinv = [](const Tensor& A) { return linalg::pinv(A, 1e-15); };
  const auto through_cholesky = [](const Tensor& A) { return linalg::cholesky(A); };
  const auto through_qr = [](const Tensor& A) { return std::get<1>(linalg::qr(A, "reduced")).square(); };
  const auto through_svd = [](const Tensor& A) {
    const auto [U, S, Vh] = linalg::svd(A, false, {});
    return matmul(U * S.log(), Vh);
  };
  const auto through_eigh = [](const Tensor& A) {
    const auto [w, V] = linalg::eigh(A, "L");
    return matmul(V * w.exp(), mT(V)) + V.square();
  };
  const auto through_logdet = [](const Tensor& A) { return std::get<1>(linalg::slogdet(A)); };
  EXPECT_NEAR(probe(matrix(), through_solve), -0.34924223936028742, 1e-9);
  EXPECT_NEAR(probe(matrix(), through_logdet), 0.47917445811550885, 1e-9);
  EXPECT_NEAR(probe(tall(), through_pinv), 0.49962193070227434, 1e-9);
  EXPECT_NEAR(probe(mT(tall()), through_pinv), 0.36919915696008038, 1e-9);
  EXPECT_NEAR(probe(positive_definite(), through_cholesky), 1.2806039544412118, 1e-9);
  EXPECT_NEAR(probe(positive_definite(), through_eigh), 572.02111890831941, 1e-9);
  EXPECT_NEAR(probe(tall(), through_qr), 3.2604812956444351, 1e-9);
  EXPECT_NEAR(probe(mT(tall()), through_qr), 0.74329428161060873, 1e-9);
  EXPECT_NEAR(probe(matrix(), through_svd), 1.8157271790488005, 1e-9);
  EXPECT_NEAR(probe(tall(), through_svd), 0.93965795965240495, 1e-9);
  EXPECT_NEAR(probe(mT(tall()), through_svd), 1.0089086747302771, 1e-9);
}

TEST(Linalg, MistakesAreNamed) {
  EXPECT_TRUE(
      fails_with("linalg.inv: The diagonal element 2 is zero, "
                 "the inversion could not be completed because the input matrix is singular.",
                 [] { linalg::inv(singular()); }));
  EXPECT_TRUE(fails_with("linalg.inv: (Batch element 1): The diagonal element 2 is zero", [] {
    inverse(stack({eye(2, kFloat64), singular()}));
  }));
  EXPECT_TRUE(fails_with("linalg.solve: The solver failed because the input matrix is singular.",
                         [] { linalg::solve(singular(), ones({2}, kFloat64), true); }));
  EXPECT_TRUE(fails_with(
      "linalg.cholesky: The factorization could not be completed because the input is not positive-definite "
      "(the leading minor of order 2 is not positive-definite).",
      [] {
        linalg::cholesky(tensor({{1.0, 2.0}, {2.0, 1.0}}, kFloat64));
      }));
  EXPECT_TRUE(
      fails_with("linalg.det: A must be batches of square matrices, but they are 2 by 3 matrices", [] {
        det(ones({2, 3}));
      }));
  EXPECT_TRUE(
      fails_with("linalg.solve: Incompatible shapes of A and B for the equation AX = B (3x3 and 2x2)", [] {
        linalg::solve(eye(3), ones({2, 2}), true);
      }));
  EXPECT_TRUE(fails_with("linalg.matrix_norm: Order 3 not supported.", [] {
    linalg::matrix_norm(eye(3), 3, {-2, -1}, false, {});
  }));
  EXPECT_TRUE(fails_with("qr received unrecognized mode 'x'", [] { linalg::qr(eye(3), "x"); }));
  EXPECT_TRUE(
      fails_with("Expected UPLO argument to be 'L' or 'U', but got x", [] { linalg::eigh(eye(3), "x"); }));
}

}  // namespace
}  // namespace portable
