// Losses: values worked out by hand, errors and extreme inputs. Derivatives are compared with finite differences.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "autograd/autograd.h"
#include "autograd/tools/gradcheck.h"
#include "nn/nn.h"
#include "tests/expectations.h"

using namespace gradus;
namespace F = gradus::nn::functional;

namespace {

// ---- Losses -----------------------------------------------------------------------------------------------

TEST(Losses, ByHand) {
  const Tensor x = tensor({1.0, 2.0, 4.0}), y = tensor({1.0, 4.0, 1.0});
  EXPECT_FLOAT_EQ(F::mse_loss(x, y).item<float>(), 13.0f / 3);
  EXPECT_FLOAT_EQ(F::mse_loss(x, y, kSum).item<float>(), 13);
  EXPECT_FLOAT_EQ(nn::MSELoss(nn::MSELossOptions().reduction(kSum))(x, y).item<float>(), 13);
  EXPECT_TRUE(equal(F::l1_loss(x, y, kNone), tensor({0.0, 2.0, 3.0})));
  // The softmax of equal logits is uniform.
  EXPECT_FLOAT_EQ(F::cross_entropy(zeros({2, 4}), tensor({0, 3})).item<float>(), std::log(4.0f));
  EXPECT_FLOAT_EQ(F::cross_entropy(zeros(4), tensor(2)).item<float>(), std::log(4.0f));
}

TEST(Losses, SayWhichTargetIsOutOfRange) {
  const Tensor logits = zeros({5, 5});
  EXPECT_EQ(error_of([&] {
              F::cross_entropy(logits, tensor({0, 1, 2, 7, 4}));
            }),
            "cross_entropy: target 7 at position 3 is out of range for 5 classes");
  EXPECT_EQ(error_of([&] {
              F::nll_loss(zeros({2, 3, 2}), tensor({{0, 1}, {-1, 2}}));
            }),
            "nll_loss: target -1 at position (1, 0) is out of range for 3 classes");
  EXPECT_EQ(error_of([&] { F::cross_entropy(logits, zeros(5)); }),
            "cross_entropy: the target must hold class indices (int64), not float32");
  EXPECT_EQ(error_of([&] {
              F::cross_entropy(logits, tensor({0, 1}));
            }),
            "cross_entropy: the input is (5, 5) and the target (2,), but the target must be (5,): "
            "one class per row of the input");
  EXPECT_THROW(F::binary_cross_entropy(tensor({1.5}), tensor({1.0})), Error);
}

TEST(Losses, SayWhichOptionsDoNotFit) {
  const auto of = [](const F::CrossEntropyFuncOptions& options) {
    return [=] { F::cross_entropy(zeros({5, 5}), arange(5), options); };
  };
  for (const Tensor& weight : {ones(3), ones({5, 1}), ones({1, 5})})
    EXPECT_THROW(of(F::CrossEntropyFuncOptions().weight(weight))(), Error)
        << "weight " << text(weight.sizes());
  for (const double epsilon : {-0.1, 1.1})
    EXPECT_THROW(of(F::CrossEntropyFuncOptions().label_smoothing(epsilon))(), Error) << epsilon;
}

TEST(Losses, OfAColumnAndAVectorAreErrors) {
  EXPECT_EQ(error_of([] {
              F::mse_loss(zeros({5, 1}), zeros(5));
            }),
            "mse_loss: the input is (5, 1) and the target (5,); "
            "give them one shape, for example with target.reshape(input.sizes())");
  EXPECT_FLOAT_EQ(F::mse_loss(zeros({2, 2}), ones({})).item<float>(), 1);
}

TEST(Losses, AreFiniteForExtremeInputs) {
  const Tensor p = tensor({0.0, 1.0, 0.0, 1.0}, kFloat64).requires_grad_(),
               y = tensor({0.0, 1.0, 1.0, 0.0}, kFloat64);
  const Tensor loss = F::binary_cross_entropy(p, y, F::BinaryCrossEntropyFuncOptions().reduction(kNone));
  EXPECT_TRUE(equal(loss, tensor({0.0, 0.0, 100.0, 100.0}, kFloat64)));
  const Tensor x = tensor({-1e4, 1e4}, kFloat64).requires_grad_();
  for (const Tensor& finite :
       {F::binary_cross_entropy_with_logits(x, tensor({1.0, 0.0}, kFloat64)), F::softplus(x).sum(),
        F::logsigmoid(x).sum(), F::elu(x).sum(), F::selu(x).sum(), F::mish(x).sum(), F::silu(x).sum(),
        F::gelu(x).sum(), F::gelu(x, F::GELUFuncOptions().approximate("tanh")).sum(),
        F::kl_div(log_softmax(x, 0), tensor({0.0, 1.0}, kFloat64), kSum),
        F::cosine_embedding_loss(x * 0, x, tensor(1)), loss.sum()}) {
    EXPECT_TRUE(std::isfinite(finite.item<double>()));
    const auto gradient = autograd::grad({finite}, {x}, {}, true, false, /*allow_unused=*/true)[0];
    EXPECT_TRUE(!gradient.defined() || isfinite(gradient).all().item<bool>());
  }
}

TEST(Losses, AreFiniteForExtremeLogits) {
  const Tensor logits = tensor({{1000.0, -1000.0}, {-1000.0, 1000.0}}, requires_grad());
  const Tensor loss = F::cross_entropy(logits, tensor({1, 1}));
  loss.backward();
  EXPECT_FLOAT_EQ(loss.item<float>(), 1000);
  EXPECT_TRUE(equal(logits.grad(), tensor({{0.5, -0.5}, {0.0, 0.0}})));
}

// ---- Derivatives ------------------------------------------------------------------------------------------

/// Numbers without pattern in [-2, 2].
Tensor scattered(int64_t rows, int64_t columns) {
  std::vector<double> values;
  for (int64_t i = 0; i < rows * columns; ++i)
    values.push_back(static_cast<double>((i * 7919 + 104729) % 401) / 100 - 2);
  return tensor(values, kFloat64).reshape({rows, columns});
}

// First and second derivatives, compared with finite differences.
using Function = std::function<Tensor(const std::vector<Tensor>&)>;
using Case = std::pair<const char*, Function>;
class Derivatives : public testing::TestWithParam<Case> {};

TEST_P(Derivatives, AgreeWithFiniteDifferences) {
  const Tensor x = scattered(3, 4).requires_grad_(true),
               y = (scattered(4, 4).narrow(0, 1, 3) * 0.7).requires_grad_(true);
  EXPECT_TRUE(autograd::gradcheck(GetParam().second, {x, y}));
  EXPECT_TRUE(autograd::gradgradcheck(GetParam().second, {x, y}));
}

INSTANTIATE_TEST_SUITE_P(
    Nn, Derivatives,
    testing::Values(
        Case("softsign", [](auto& in) { return F::softsign(in[0]) * in[1]; }),
        Case("tanhshrink", [](auto& in) { return F::tanhshrink(in[0]) * in[1]; }),
        Case("elu_in_place",
             [](auto& in) { return F::elu(in[0] * in[1], F::ELUFuncOptions().inplace(true)); }),
        Case("soft_margin_loss",
             [](auto& in) { return F::soft_margin_loss(in[0] * in[1], sign(in[1].detach())); }),
        Case("multi_margin_loss",
             [](auto& in) {
               return F::multi_margin_loss(in[0] * in[1], tensor({1, 0, 2}),
                                           F::MultiMarginLossFuncOptions().p(2));
             }),
        Case("triplet_margin_loss",
             [](auto& in) { return F::triplet_margin_loss(in[0], in[1], in[0] * in[1]); }),
        Case("poisson_nll_loss",
             [](auto& in) {
               return F::poisson_nll_loss(in[0], in[1].square(), F::PoissonNLLLossFuncOptions().full(true));
             }),
        Case("cosine_similarity", [](auto& in) { return F::cosine_similarity(in[0], in[1]); }),
        Case("glu", [](auto& in) { return F::glu(in[0] * in[1], 1); }),
        Case("prelu", [](auto& in) { return F::prelu(in[0], in[1].select(0, 0)); }),
        Case("hinge_embedding_loss",
             [](auto& in) { return F::hinge_embedding_loss(in[0] * in[1], sign(in[1].detach())); }),
        Case("margin_ranking_loss",
             [](auto& in) {
               return F::margin_ranking_loss(in[0].square(), in[1].square(), sign(in[0].detach()));
             }),
        Case("cosine_embedding_loss",
             [](auto& in) {
               return F::cosine_embedding_loss(in[0], in[1], tensor({1, -1, 1}));
             }),
        Case("embedding_with_padding",
             [](auto& in) {
               const Tensor table = cat({zeros({1, 4}, kFloat64), in[0] * in[1]});
               return F::embedding(tensor({0, 3, 0, 1}), table, F::EmbeddingFuncOptions().padding_idx(0));
             }),
        Case("layer_norm",
             [](auto& in) { return F::layer_norm(in[0], F::LayerNormFuncOptions({4})) * in[1]; }),
        Case("batch_norm",
             [](auto& in) {
               return F::batch_norm(in[0], {}, {}, F::BatchNormFuncOptions().training(true)) * in[1];
             }),
        Case("mse_loss", [](auto& in) { return F::mse_loss(in[0], in[1]); }),
        Case("huber_loss", [](auto& in) { return F::huber_loss(in[0], in[1], kSum); }),
        Case("smooth_l1_loss", [](auto& in) { return F::smooth_l1_loss(in[0], in[1]); }),
        Case("cross_entropy",
             [](auto& in) {
               return F::cross_entropy(in[0] * in[1], tensor({1, 3, 0}));
             }),
        Case("cross_entropy_ignoring",
             [](auto& in) {
               return F::cross_entropy(in[0] * in[1], tensor({1, -100, 0}),
                                       F::CrossEntropyFuncOptions().label_smoothing(0.1));
             }),
        Case("cross_entropy_of_probabilities",
             [](auto& in) { return F::cross_entropy(in[0], softmax(in[1], 1)); }),
        Case("binary_cross_entropy",
             [](auto& in) { return F::binary_cross_entropy(sigmoid(in[0]), sigmoid(in[1])); }),
        Case("binary_cross_entropy_with_logits",
             [](auto& in) { return F::binary_cross_entropy_with_logits(in[0], sigmoid(in[1])); }),
        Case("kl_div", [](auto& in) { return F::kl_div(log_softmax(in[0], 1), softmax(in[1], 1), kSum); })),
    [](const auto& function) { return std::string(function.param.first); });

}  // namespace
