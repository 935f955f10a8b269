// The labs' functions, unchanged, on libtorch: `namespace gradus = torch`, see labs/common/framework.h.
// Compiling this file is most of the test. The rest compares the functions' results with the sheets.
//
// cmake -D GRADUS_COMPARE_LIBTORCH=ON builds it, if libtorch is installed (Debian: libtorch-dev).
#include <gtest/gtest.h>

#include "labs/embeddings.h"
#include "labs/factorisation.h"
#include "labs/mlp.h"
#include "labs/svd.h"

namespace lab {
namespace {

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

TEST(LabsOnLibtorch, AdamIgnoresMaskedEntries) {
  manual_seed(0);
  const Tensor A = small_matrix();
  const auto [W, H, loss] = factorize(A, 2);
  EXPECT_LT(loss.item<double>(), 0.5);
  std::vector<double> losses;
  train_factors(W, H, A, 10, 0.01, &losses);
  EXPECT_EQ(losses.size(), 10u);
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

// Three clouds of points, one for each class.
Examples clouds(int64_t n) {
  const Tensor y = arange(n) % 3;
  return {0.3 * randn({n, 4}) + F::one_hot(y, 4), y};
}

TEST(LabsOnLibtorch, ThePerceptronSeparatesClouds) {
  manual_seed(0);
  const auto [train, test] = shuffle_and_split(clouds(150), 100);
  const Weights w = mlp(standardise(train.x), train.y);
  EXPECT_GT(accuracy(mlp_logits(standardise(test.x), w).argmax(1), test.y), 0.7);
}

TEST(LabsOnLibtorch, LayersAndAdamSeparateClouds) {
  manual_seed(0);
  const auto [train, test] = shuffle_and_split(clouds(300), 200);
  nn::Sequential net = digit_classifier(4, 3);
  const LearningCurve curve = train_digits(net, train, test, 0.003, 20);
  EXPECT_LT(curve.loss.back(), curve.loss.front());
  EXPECT_GT(curve.test_accuracy.back(), 0.8);
  const Tensor confusion = confusion_matrix(test.y, predict(net, test.x), 3);
  EXPECT_EQ(confusion.sum().item<int64_t>(), 100);
  EXPECT_NEAR(confusion.trace().item<double>() / 100, curve.test_accuracy.back(), 1e-9);
}

TEST(LabsOnLibtorch, TheWorksheetsNumbers) {
  manual_seed(0);
  const auto [U, M] = worksheet_embeddings();
  EXPECT_EQ(dot(U[1], M[0]).item<double>(), 1);
  EXPECT_EQ(dot(U[0], M[1]).item<double>(), -2);
  EXPECT_EQ(dot(U[3], M[2]).item<double>(), -1);
  EXPECT_EQ(squared_error(tensor({1.0}), tensor({0.2}), 1).item<float>(), 0.8f * 0.8f);
  EXPECT_EQ(centre_rows(tensor({{1.0, 2.0, 3.0}}))[0][2].item<double>(), 1);
  const auto [loss, grad] = loss_and_m1_grad(1.0, 0.5, 1.0);
  EXPECT_EQ(loss, 0.25);
  EXPECT_EQ(grad, -1);
}

TEST(LabsOnLibtorch, EmbeddingsFindHiddenTraits) {
  manual_seed(0);
  const Split parts = split(made_up_ratings(60, 40).to(kCPU, kFloat32));
  const double mean = parts.train.stars.mean().item<double>();
  Recommender model(60, 40, 2, mean);
  const TrainingErrors errors = train_recommender(model, parts, 0.05, 0.01, 40);
  EXPECT_EQ(errors.test.size(), 41u);
  EXPECT_NEAR(model.rmse(parts.test), errors.test[errors.best_epoch], 1e-6);
  EXPECT_LT(model.rmse(parts.test), 0.65 * (parts.test.stars - mean).pow(2).mean().sqrt().item<double>());
  EXPECT_EQ(principal_plane(randn({7, 3})).size(1), 2);
}

}  // namespace
}  // namespace lab
