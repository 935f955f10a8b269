// Layers, activations, losses and initialisers, as far as Gradus and libtorch agree: all names must compile, and
// behave in the same way. modules_test.cpp has the modules that contain them. tests/nn_reference_test.cpp compares
// the numbers with libtorch's.
#include <cmath>

#include "framework.h"

namespace portable {
namespace {

namespace F = gradus::nn::functional;
namespace init = gradus::nn::init;

Tensor matrix() { return tensor({{1.0, -2.0, 0.5}, {-0.25, 3.0, -1.0}}); }

// ---- Layers -----------------------------------------------------------------------------------------------

TEST(Layers, HaveTheShapesOfTheirInputs) {
  EXPECT_EQ(nn::Linear(3, 5)(matrix()).sizes(), IntArrayRef({2, 5}));
  EXPECT_FALSE(nn::Linear(nn::LinearOptions(3, 5).bias(false))->bias.defined());
  EXPECT_EQ(nn::Flatten()(zeros({2, 3, 4})).sizes(), IntArrayRef({2, 12}));
  EXPECT_TRUE(equal(nn::Identity()(matrix()), matrix()));
  EXPECT_TRUE(same(nn::LayerNorm(nn::LayerNormOptions({3}).elementwise_affine(false))(matrix()).mean(),
                   zeros({}), 1e-6));
  EXPECT_TRUE(equal(F::linear(matrix(), eye(3)), matrix()));
  EXPECT_TRUE(equal(gradus::linear(matrix(), eye(3), ones({3})), matrix() + 1));
  EXPECT_TRUE(
      same(gradus::layer_norm(matrix(), {3}), F::layer_norm(matrix(), F::LayerNormFuncOptions({3})), 1e-6));
  EXPECT_TRUE(equal(F::one_hot(tensor({1, 0}), 3), tensor({{0, 1, 0}, {1, 0, 0}})));
}

TEST(Embedding, DoesNotTrainItsPadding) {
  nn::Embedding embedding(nn::EmbeddingOptions(4, 2).padding_idx(1));
  EXPECT_TRUE(equal(embedding->weight[1], zeros({2})));
  embedding(tensor({{1, 0}, {3, 3}})).sum().backward();
  EXPECT_TRUE(equal(embedding->weight.grad(), tensor({{1.0, 1.0}, {0.0, 0.0}, {0.0, 0.0}, {2.0, 2.0}})));

  const Tensor table = tensor({{1.0, 2.0}, {3.0, 4.0}});
  auto frozen = nn::Embedding::from_pretrained(table);
  EXPECT_FALSE(frozen->weight.requires_grad());
  EXPECT_TRUE(equal(frozen(tensor({1})), tensor({{3.0, 4.0}})));
  auto trained = nn::Embedding::from_pretrained(
      table, nn::EmbeddingFromPretrainedOptions().freeze(false).padding_idx(0));
  EXPECT_TRUE(trained->weight.requires_grad());
  EXPECT_TRUE(equal(F::embedding(tensor({0}), table, F::EmbeddingFuncOptions().padding_idx(0)),
                    table.slice(0, 0, 1)));
  EXPECT_TRUE(equal(gradus::embedding(table, tensor({0})), table.slice(0, 0, 1)));
  EXPECT_TRUE(fails_with("Padding_idx must be within num_embeddings",
                         [] { nn::Embedding(nn::EmbeddingOptions(4, 2).padding_idx(4)); }));
}

TEST(Dropout, IsTheIdentityInEvaluation) {
  nn::Dropout dropout(nn::DropoutOptions(0.5).inplace(true));
  Tensor x = ones({100});
  EXPECT_TRUE(equal(dropout(x), x));
  const double kept = x.sum().item<double>() / 2;
  EXPECT_TRUE(kept > 20 && kept < 80) << kept;
  dropout->eval();
  EXPECT_TRUE(equal(dropout(ones({4})), ones({4})));
  EXPECT_TRUE(equal(gradus::dropout(ones({4}), 0.5, /*train=*/false), ones({4})));
  EXPECT_TRUE(equal(F::dropout(ones({4}), F::DropoutFuncOptions().p(1)), zeros({4})));
  EXPECT_TRUE(fails_with("dropout probability has to be between 0 and 1, but got", [] { nn::Dropout(1.5); }));
}

TEST(BatchNorm1d, KeepsRunningStatistics) {
  nn::BatchNorm1d norm(
      nn::BatchNorm1dOptions(3).eps(1e-4).momentum(0.5).affine(true).track_running_stats(true));
  norm(matrix());
  EXPECT_TRUE(same(norm->running_mean, matrix().mean(0) / 2));
  EXPECT_TRUE(same(norm->running_var, (matrix().var({0}, /*unbiased=*/true) + 1) / 2));
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 1);
  nn::BatchNorm1d averaging(nn::BatchNorm1dOptions(3).momentum(gradus::nullopt));
  averaging(matrix());
  averaging(matrix() + 1);
  EXPECT_TRUE(same(averaging->running_mean, matrix().mean(0) + 0.5));
  averaging->reset_running_stats();
  EXPECT_TRUE(equal(averaging->running_var, ones({3})));
  nn::BatchNorm1d plain(nn::BatchNorm1dOptions(3).affine(false).track_running_stats(false));
  plain->eval();
  EXPECT_TRUE(same(plain(matrix()).sum(0), zeros({3}), 1e-4));
  EXPECT_TRUE(plain->parameters().empty() && plain->buffers().empty());
}

// ---- Activations ------------------------------------------------------------------------------------------

TEST(Activations, AreTheSameAsLayersFunctionsAndFreeFunctions) {
  const Tensor x = matrix();
  const auto all_same = [](const Tensor& layer, const Tensor& function, const Tensor& free) {
    return equal(layer, function) && equal(layer, free);
  };
  EXPECT_TRUE(all_same(nn::ReLU()(x), F::relu(x), relu(x)));
  EXPECT_TRUE(all_same(nn::ReLU6()(x), F::relu6(x), relu6(x)));
  EXPECT_TRUE(all_same(nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2))(x),
                       F::leaky_relu(x, F::LeakyReLUFuncOptions().negative_slope(0.2)), leaky_relu(x, 0.2)));
  EXPECT_TRUE(
      all_same(nn::ELU(nn::ELUOptions().alpha(2))(x), F::elu(x, F::ELUFuncOptions().alpha(2)), elu(x, 2)));
  EXPECT_TRUE(all_same(nn::SELU()(x), F::selu(x), selu(x)));
  EXPECT_TRUE(all_same(nn::CELU(nn::CELUOptions().alpha(2))(x), F::celu(x, F::CELUFuncOptions().alpha(2)),
                       celu(x, 2)));
  EXPECT_TRUE(all_same(nn::GELU(nn::GELUOptions().approximate("tanh"))(x),
                       F::gelu(x, F::GELUFuncOptions().approximate("tanh")), gelu(x, "tanh")));
  EXPECT_TRUE(all_same(nn::SiLU()(x), F::silu(x), silu(x)));
  EXPECT_TRUE(all_same(nn::Mish()(x), F::mish(x), mish(x)));
  EXPECT_TRUE(all_same(nn::Sigmoid()(x), sigmoid(x), x.sigmoid()));
  EXPECT_TRUE(all_same(nn::LogSigmoid()(x), F::logsigmoid(x), log_sigmoid(x)));
  EXPECT_TRUE(all_same(nn::Tanh()(x), tanh(x), x.tanh()));
  EXPECT_TRUE(all_same(nn::Tanhshrink()(x), F::tanhshrink(x), F::tanhshrink(x)));
  EXPECT_TRUE(allclose(F::tanhshrink(x), x - tanh(x)));
  EXPECT_TRUE(all_same(nn::Softsign()(x), F::softsign(x), x / (1 + x.abs())));
  EXPECT_TRUE(all_same(nn::Softplus(nn::SoftplusOptions().beta(2).threshold(3))(x),
                       F::softplus(x, F::SoftplusFuncOptions().beta(2).threshold(3)), softplus(x, 2, 3)));
  EXPECT_TRUE(all_same(nn::Hardtanh(nn::HardtanhOptions().min_val(-2).max_val(1))(x),
                       F::hardtanh(x, F::HardtanhFuncOptions().min_val(-2).max_val(1)), hardtanh(x, -2, 1)));
  EXPECT_TRUE(all_same(nn::Threshold(0.5, 9)(x), F::threshold(x, F::ThresholdFuncOptions(0.5, 9)),
                       threshold(x, 0.5, 9)));
  EXPECT_TRUE(
      all_same(nn::Hardshrink(0.6)(x), F::hardshrink(x, F::HardshrinkFuncOptions(0.6)), hardshrink(x, 0.6)));
  EXPECT_TRUE(
      all_same(nn::Softshrink(0.6)(x), F::softshrink(x, F::SoftshrinkFuncOptions(0.6)), softshrink(x, 0.6)));
  EXPECT_TRUE(all_same(nn::Softmax(1)(x), F::softmax(x, F::SoftmaxFuncOptions(1)), softmax(x, 1)));
  EXPECT_TRUE(all_same(nn::Softmin(0)(x), F::softmin(x, 0), softmax(-x, 0)));
  EXPECT_TRUE(all_same(nn::LogSoftmax(1)(x), F::log_softmax(x, 1), log_softmax(x, 1)));
  EXPECT_EQ(F::softmax(x, F::SoftmaxFuncOptions(1).dtype(kFloat64)).dtype(), kFloat64);
}

TEST(Activations, WriteOverTheirInputIfAsked) {
  Tensor x = matrix();
  EXPECT_EQ(F::relu(x, F::ReLUFuncOptions(true)).data_ptr(), x.data_ptr());
  EXPECT_TRUE(equal(x, relu(matrix())));
  Tensor leaf = matrix().requires_grad_(), y = leaf * 1;
  nn::ELU elu(nn::ELUOptions().inplace(true));
  EXPECT_EQ(elu(y).data_ptr(), y.data_ptr());
  y.sum().backward();
  EXPECT_TRUE(same(leaf.grad(), where(matrix() > 0, ones({2, 3}), exp(matrix()))));
  EXPECT_TRUE(fails_with("a leaf Variable that requires grad", [&] { nn::ReLU(true)(leaf); }));
}

// ---- Losses -----------------------------------------------------------------------------------------------

TEST(Losses, HaveThreeReductions) {
  const Tensor x = matrix(), y = x * x, d = (x - y).abs();
  EXPECT_TRUE(same(F::mse_loss(x, y), d.square().mean()));
  EXPECT_TRUE(same(F::mse_loss(x, y, kSum), d.square().sum()));
  EXPECT_TRUE(same(F::mse_loss(x, y, F::MSELossFuncOptions(kNone)), d.square()));
  EXPECT_TRUE(same(nn::MSELoss(nn::MSELossOptions().reduction(kSum))(x, y), d.square().sum()));
  EXPECT_TRUE(same(gradus::mse_loss(x, y), d.square().mean()));
  EXPECT_TRUE(same(F::l1_loss(x, y, kSum), d.sum()));
  EXPECT_TRUE(same(nn::L1Loss()(x, y), gradus::l1_loss(x, y)));
  EXPECT_TRUE(same(F::smooth_l1_loss(x, y, kSum), where(d < 1, d * d / 2, d - 0.5).sum()));
  EXPECT_TRUE(same(nn::SmoothL1Loss()(x, y), gradus::smooth_l1_loss(x, y)));
  EXPECT_TRUE(same(F::huber_loss(x, y, F::HuberLossFuncOptions().delta(2).reduction(kSum)),
                   where(d < 2, d * d / 2, 2 * d - 2).sum()));
  EXPECT_TRUE(same(nn::HuberLoss()(x, y), gradus::huber_loss(x, y)));
}

TEST(Losses, OfClasses) {
  const Tensor x = matrix(), log_p = log_softmax(x, 1), t = tensor({2, 1}), w = tensor({1.0, 2.0, 3.0});
  const Tensor chosen = -stack({log_p[0][2], log_p[1][1]});
  EXPECT_TRUE(same(F::cross_entropy(x, t), chosen.mean()));
  EXPECT_TRUE(same(F::cross_entropy(x, t, F::CrossEntropyFuncOptions().reduction(kNone)), chosen));
  EXPECT_TRUE(same(nn::CrossEntropyLoss(nn::CrossEntropyLossOptions().weight(w).reduction(kSum))(x, t),
                   3 * chosen[0] + 2 * chosen[1]));
  EXPECT_TRUE(same(nn::CrossEntropyLoss(nn::CrossEntropyLossOptions().ignore_index(1))(x, t), chosen[0]));
  EXPECT_TRUE(same(F::cross_entropy(x, F::one_hot(t, 3).to(kFloat32)), chosen.mean()));
  EXPECT_TRUE(same(F::cross_entropy(x, t, F::CrossEntropyFuncOptions().label_smoothing(1)), -log_p.mean()));
  EXPECT_TRUE(same(gradus::cross_entropy_loss(x, t), chosen.mean()));
  EXPECT_TRUE(same(F::nll_loss(log_p, t), chosen.mean()));
  EXPECT_TRUE(
      same(nn::NLLLoss(nn::NLLLossOptions().weight(w))(log_p, t), (3 * chosen[0] + 2 * chosen[1]) / 5));
  EXPECT_TRUE(same(gradus::nll_loss(log_p, t), chosen.mean()));
}

TEST(Losses, OfTwoClasses) {
  const Tensor x = matrix(), p = sigmoid(x), y = (x > 0).to(kFloat32) * 0.75, w = tensor({1.0, 2.0, 3.0});
  const Tensor wanted = -(y * log(p) + (1 - y) * log(1 - p));
  EXPECT_TRUE(same(F::binary_cross_entropy(p, y), wanted.mean(), 1e-5));
  EXPECT_TRUE(
      same(nn::BCELoss(nn::BCELossOptions().weight(w).reduction(kSum))(p, y), (wanted * w).sum(), 1e-5));
  EXPECT_TRUE(same(gradus::binary_cross_entropy(p, y), wanted.mean(), 1e-5));
  EXPECT_TRUE(same(F::binary_cross_entropy_with_logits(x, y), wanted.mean(), 1e-5));
  EXPECT_TRUE(same(nn::BCEWithLogitsLoss(nn::BCEWithLogitsLossOptions().pos_weight(w).reduction(kNone))(x, y),
                   -(w * y * log(p) + (1 - y) * log(1 - p)), 1e-5));
  EXPECT_TRUE(same(gradus::binary_cross_entropy_with_logits(x, y), wanted.mean(), 1e-5));
}

TEST(Losses, OfDistributionsAndPairs) {
  const Tensor x = matrix(), log_p = log_softmax(x, 1), q = softmax(-x, 1),
               divergence = (q * (log(q) - log_p)).sum();
  EXPECT_TRUE(same(F::kl_div(log_p, q, kSum), divergence, 1e-5));
  EXPECT_TRUE(same(F::kl_div(log_p, q, kBatchMean), divergence / 2, 1e-5));
  EXPECT_TRUE(same(nn::KLDivLoss(nn::KLDivLossOptions(kBatchMean).log_target(true))(log_p, log(q)),
                   divergence / 2, 1e-5));
  EXPECT_TRUE(same(gradus::kl_div(log_p, q), divergence / 6, 1e-5));

  const Tensor sign = tensor({{1.0, -1.0, 1.0}, {-1.0, 1.0, -1.0}});
  EXPECT_TRUE(
      same(F::hinge_embedding_loss(x, sign, F::HingeEmbeddingLossFuncOptions().margin(2).reduction(kNone)),
           tensor({{1.0, 4.0, 0.5}, {2.25, 3.0, 3.0}})));
  EXPECT_TRUE(same(nn::HingeEmbeddingLoss()(x, sign), gradus::hinge_embedding_loss(x, sign)));
  EXPECT_TRUE(same(F::margin_ranking_loss(x, zeros({2, 3}), sign,
                                          F::MarginRankingLossFuncOptions().margin(1).reduction(kNone)),
                   tensor({{0.0, 0.0, 0.5}, {0.75, 0.0, 0.0}})));
  EXPECT_TRUE(same(nn::MarginRankingLoss()(x, -x, sign), gradus::margin_ranking_loss(x, -x, sign)));
  const Tensor t = tensor({1.0, -1.0});
  EXPECT_TRUE(same(
      F::cosine_embedding_loss(x, x, t, F::CosineEmbeddingLossFuncOptions().margin(0.25).reduction(kNone)),
      tensor({0.0, 0.75}), 1e-5));
  EXPECT_TRUE(same(nn::CosineEmbeddingLoss()(x, -x, t), gradus::cosine_embedding_loss(x, -x, t)));
  EXPECT_TRUE(fails_with("margin_ranking_loss : All input tensors should have same dimension",
                         [&] { F::margin_ranking_loss(x, x, t); }));
}

// ---- Initial values ---------------------------------------------------------------------------------------

TEST(Init, MakesOrthogonalMatrices) {
  const Tensor tall = init::orthogonal_(empty({5, 3}, kFloat64)),
               wide = init::orthogonal_(empty({2, 3, 2}, kFloat64), 3);
  EXPECT_TRUE(same(tall.t().mm(tall), eye(3, kFloat64)));
  const Tensor rows = wide.reshape({2, 6});
  EXPECT_TRUE(same(rows.mm(rows.t()), 9 * eye(2, kFloat64)));
  manual_seed(3);
  const Tensor first = init::orthogonal_(empty({4, 4}));
  manual_seed(3);
  const Tensor drawn = randn({4, 4}), R = first.t().mm(drawn);
  EXPECT_TRUE(same(R, R.triu())) << "orthogonal_ must return the Q of a QR of normal numbers";
  EXPECT_GT(R.diagonal().min().item<double>(), 0);
  EXPECT_TRUE(fails_with("Only tensors with 2 or more dimensions are supported",
                         [] { init::orthogonal_(empty({3})); }));
}

TEST(Init, FillsInPlaceAndRecordsNothing) {
  Tensor w = empty({3, 5}, requires_grad());
  EXPECT_EQ(init::ones_(w).data_ptr(), w.data_ptr());
  EXPECT_TRUE(w.is_leaf() && w.requires_grad());
  EXPECT_TRUE(equal(w, ones({3, 5})));
  EXPECT_TRUE(equal(init::zeros_(w), zeros({3, 5})));
  EXPECT_TRUE(equal(init::constant_(w, 2), full({3, 5}, 2.0)));
  EXPECT_TRUE(equal(init::eye_(w), eye(3, 5)));
  EXPECT_LE(init::uniform_(w, -2, 2).abs().max().item<double>(), 2);
  init::normal_(w, 5, 0.01);
  EXPECT_NEAR(w.mean().item<double>(), 5, 0.1);
  EXPECT_LE(init::xavier_uniform_(w, 2).abs().max().item<double>(), 2 * std::sqrt(6.0 / 8));
  EXPECT_LE(init::kaiming_uniform_(w, 0, kFanIn, kReLU).abs().max().item<double>(), std::sqrt(6.0 / 5));
  init::xavier_normal_(w);
  init::kaiming_normal_(w, 0.1, kFanOut, kLeakyReLU);
  EXPECT_NEAR(init::calculate_gain(kTanh), 5.0 / 3, 1e-15);
  EXPECT_NEAR(init::calculate_gain(kLeakyReLU, 0.1), std::sqrt(2 / 1.01), 1e-15);
  EXPECT_TRUE(fails_with("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions",
                         [] { init::xavier_normal_(empty({5})); }));
}

}  // namespace
}  // namespace portable
