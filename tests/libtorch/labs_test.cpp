// The labs' functions, unchanged, on libtorch: `namespace gradus = torch`, see labs/common/framework.h. That this file
// compiles is most of the test; that the functions end where the sheets do is the rest.
//
// Built with cmake -D GRADUS_COMPARE_LIBTORCH=ON, where libtorch is installed (Debian: libtorch-dev).
#include <gtest/gtest.h>

#include "labs/embeddings.h"
#include "labs/factorisation.h"
#include "labs/mlp.h"
#include "labs/svd.h"

namespace {

using namespace lab;

Tensor small_matrix() {
  return tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}});
}

double sum_of_squares(const Tensor& x) { return x.pow(2).sum().item<double>(); }

TEST(LabsOnLibtorch, StochasticFactorisationNearsItsBound) {
  manual_seed(0);
  const Tensor A = small_matrix();
  const auto [U, V] = sgd_factorise(A, 2, 300);
  EXPECT_GT(sum_of_squares(mm(U, V.t()) - A), 0.1219);
  EXPECT_LT(sum_of_squares(mm(U, V.t()) - A), 1.0);
}

TEST(LabsOnLibtorch, MaskedFactorisationLearnsTheKnownEntries) {
  manual_seed(0);
  const Tensor M = tensor({{1, 1, 1}, {0, 1, 1}, {1, 0, 1}}, kInt64);
  const Tensor A = small_matrix() * M;
  const auto [U, V] = sgd_factorise_masked(A, M, 2, 300);
  EXPECT_LT(sum_of_squares((mm(U, V.t()) - A) * M), 0.5);
}

TEST(LabsOnLibtorch, GradientDescentOnTheTapeReachesTheTruncatedSvd) {
  manual_seed(0);
  const Tensor A = small_matrix().to(kFloat64);
  const auto [U, V] = gd_factorise_ad(A, 2, 2000);
  EXPECT_NEAR(sum_of_squares(matmul(U, V) - A), 0.121911, 1e-4);
}

TEST(LabsOnLibtorch, AdamIgnoresWhatIsMasked) {
  manual_seed(0);
  const Tensor A = small_matrix();
  std::vector<double> losses;
  const auto [W, H, loss] = factorize(A, 2, 1000, 0.01, &losses);
  EXPECT_EQ(losses.size(), 1000u);
  EXPECT_LT(loss.item<double>(), 0.5);
  A[1][0] = NAN;
  EXPECT_TRUE(std::isnan(std::get<2>(factorize(A, 2, 2)).item<double>()));
  EXPECT_LT(std::get<2>(factorize_masked(A, 2)).item<double>(), 0.5);
}

TEST(LabsOnLibtorch, DescentFindsTheSingularValuesOfSheet004) {
  manual_seed(314);
  const Tensor M1 = rand({5, 4});
  const auto [U, S, V, losses] = calculate_svd(M1, 0.9, 0.9, 6000);
  EXPECT_NEAR(losses.front(), 0.177408, 1e-6);
  EXPECT_LT(losses.back(), 1e-12);
  const double printed[] = {2.3398, 0.6873, 0.2592, 0.1177};
  for (int64_t i = 0; i < 4; ++i) EXPECT_NEAR(S[i].item<double>(), printed[i], 1e-4);
  EXPECT_NEAR(U[0][0].item<double>(), 0.5076, 1e-4);
  EXPECT_NEAR(V[0][1].item<double>(), -0.8784, 1e-4);
}

TEST(LabsOnLibtorch, DescentFindsAnInverse) {
  const Tensor M = diag(tensor({1., 2., 3., 4.}));
  const auto [inverse, losses] = calculate_inverse(M, 0.9, 0.9, 3000);
  EXPECT_LT((matmul(inverse, M) - eye(4)).abs().max().item<double>(), 1e-5);
}

}  // namespace
