// Calls layers, losses, initialisers and optimisers with an undefined tensor. Each must raise an Error that says so.
#include "undefined.h"

namespace gradus {
namespace {

namespace F = nn::functional;

TEST_F(Undefined, InLayersLossesAndOptimisers) {
  NONE(F::mse_loss(none, x));
  NONE(F::mse_loss(x, none));
  NONE(F::mse_loss(leaf, none));
  NONE(F::l1_loss(none, x));
  NONE(F::l1_loss(x, none));
  NONE(F::l1_loss(leaf, none));
  NONE(F::smooth_l1_loss(none, x));
  NONE(F::smooth_l1_loss(x, none));
  NONE(F::smooth_l1_loss(leaf, none));
  NONE(F::huber_loss(none, x));
  NONE(F::huber_loss(x, none));
  NONE(F::huber_loss(leaf, none));
  NONE(F::binary_cross_entropy(none, x));
  NONE(F::binary_cross_entropy(x, none));
  NONE(F::binary_cross_entropy(leaf, none));
  NONE(F::binary_cross_entropy_with_logits(none, x));
  NONE(F::binary_cross_entropy_with_logits(x, none));
  NONE(F::binary_cross_entropy_with_logits(leaf, none));
  NONE(F::kl_div(none, x));
  NONE(F::kl_div(x, none));
  NONE(F::kl_div(leaf, none));
  NONE(F::cross_entropy(none, x));
  NONE(F::cross_entropy(x, none));
  NONE(F::cross_entropy(leaf, none));
  NONE(F::nll_loss(none, x));
  NONE(F::nll_loss(x, none));
  NONE(F::nll_loss(leaf, none));
  NONE(F::hinge_embedding_loss(none, x));
  NONE(F::hinge_embedding_loss(x, none));
  NONE(F::hinge_embedding_loss(leaf, none));
  NONE(F::margin_ranking_loss(none, x, x));
  NONE(F::margin_ranking_loss(x, none, x));
  NONE(F::margin_ranking_loss(x, x, none));
  NONE(F::cosine_embedding_loss(none, x, v));
  NONE(F::cosine_embedding_loss(x, none, v));
  NONE(F::cosine_embedding_loss(x, x, none));
  NONE(F::soft_margin_loss(none, x));
  NONE(F::soft_margin_loss(x, none));
  NONE(F::multi_margin_loss(none, i));
  NONE(F::multi_margin_loss(x, none));
  NONE(F::triplet_margin_loss(none, x, x));
  NONE(F::triplet_margin_loss(x, none, x));
  NONE(F::triplet_margin_loss(x, x, none));
  NONE(F::poisson_nll_loss(none, x));
  NONE(F::poisson_nll_loss(x, none));
  NONE(F::cosine_similarity(none, x));
  NONE(F::cosine_similarity(x, none));
  NONE(F::pairwise_distance(none, x));
  NONE(F::pairwise_distance(x, none));
  NONE(F::prelu(none, x));
  NONE(F::prelu(x, none));
  NONE(F::glu(none));
  NONE(normalize(none));
  NONE(F::linear(none, x));
  NONE(F::linear(x, none));
  NONE(F::one_hot(none));
  NONE(F::dropout(none));
  NONE(F::embedding(none, x));
  NONE(F::embedding(i, none));
  NONE(F::relu(none));
  NONE(F::gelu(none));
  NONE(F::softmax(none, 0));
  NONE(F::elu(none));
  NONE(F::softplus(none));
  NONE(F::logsigmoid(none));
  NONE(F::hardtanh(none));
  NONE(F::leaky_relu(none));
  NONE(F::silu(none));
  NONE(F::mish(none));
  NONE(F::threshold(none, F::ThresholdFuncOptions(1, 2)));
  NONE(F::hardshrink(none));
  NONE(F::softshrink(none));
  NONE(F::selu(none));
  NONE(F::celu(none));
  NONE(F::layer_norm(none, F::LayerNormFuncOptions({2})));
  NONE(nn::Linear(2, 2)->forward(none));
  NONE(nn::Embedding(2, 2)->forward(none));
  NONE(nn::LayerNorm(nn::LayerNormOptions({2}))->forward(none));
  NONE(nn::ReLU()(none));
  NONE(nn::Dropout()(none));
  NONE(nn::Sequential(nn::Linear(2, 2))->forward(none));
  NONE(nn::Flatten()(none));
  NONE(nn::init::uniform_(none));
  NONE(nn::init::normal_(none));
  NONE(nn::init::constant_(none, 1));
  NONE(nn::init::xavier_uniform_(none));
  NONE(nn::init::kaiming_uniform_(none));
  NONE(nn::init::orthogonal_(none));
  NONE(nn::init::eye_(none));
  NONE(nn::init::zeros_(none));
  NONE(nn::init::kaiming_normal_(none));
  NONE(nn::utils::clip_grad_norm_({none}, 1));
  NONE(nn::utils::clip_grad_value_({none}, 1));
  NONE(nn::utils::parameters_to_vector({none}));
  NONE(nn::utils::vector_to_parameters(none, {x}));
  NONE(optim::SGD({none}, 0.1));
  NONE(optim::Adam({none}));
  NONE(optim::SGD({leaf, none}, 0.1));
  NONE(optim::LBFGS({none}));
}

}  // namespace
}  // namespace gradus
