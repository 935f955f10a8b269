// Computes numbers with every layer, loss and initialiser; optim_reference.h does so with every optimiser.
// The code uses only what libtorch and Gradus have in common. tests/data/nn_reference.cpp runs it with
// libtorch and writes the numbers into tests/data/nn_reference.json. nn_reference_test.cpp and
// optim_reference_test.cpp run it with Gradus and compare the numbers.
//
// A file that includes this one must define the namespace `lib` as an alias of torch or gradus.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reference {

namespace nn = lib::nn;
namespace F = lib::nn::functional;
using lib::Tensor;

using Numbers = std::map<std::string, std::vector<double>>;

inline std::vector<double> numbers(const Tensor& x) {
  const Tensor flat = x.detach().to(lib::kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

inline Tensor vector64(const std::vector<double>& values) { return lib::tensor(values, lib::kFloat64); }

/// Irregular numbers in [-2, 2]. They come from a formula, so libtorch and Gradus get the same ones.
inline Tensor scattered(int64_t rows, int64_t columns) {
  std::vector<double> values;
  for (int64_t i = 0; i < rows * columns; ++i)
    values.push_back(static_cast<double>((i * 7919 + 104729) % 401) / 100 - 2);
  return vector64(values).reshape({rows, columns});
}

// ---- Values and gradients of functions --------------------------------------------------------------------

/// Stores f(x) and the gradient of Σ wᵢ f(x)ᵢ. The weights 1, 2, 3, … differ, so that errors do not cancel.
inline void differentiate(Numbers& out, const std::string& name, const Tensor& at,
                          const std::function<Tensor(Tensor)>& f) {
  Tensor x = at.detach().clone().requires_grad_(true);
  Tensor y = f(x);
  Tensor weights = lib::arange(1, y.numel() + 1, lib::kFloat64).reshape(y.sizes());
  (y * weights).sum().backward();
  out[name] = numbers(y);
  out[name + "/gradient"] = numbers(x.grad());
}

inline void activations(Numbers& out) {
  const Tensor x = vector64({-120, -25, -3, -0.5, 0, 0.25, 1, 4, 25, 120});
  const Tensor m = scattered(3, 4);
  differentiate(out, "relu", x, [](Tensor x) { return F::relu(x); });
  differentiate(out, "leaky_relu", x,
                [](Tensor x) { return F::leaky_relu(x, F::LeakyReLUFuncOptions().negative_slope(0.2)); });
  differentiate(out, "elu", x, [](Tensor x) { return F::elu(x, F::ELUFuncOptions().alpha(1.5)); });
  differentiate(out, "gelu", x, [](Tensor x) { return F::gelu(x); });
  differentiate(out, "gelu tanh", x,
                [](Tensor x) { return F::gelu(x, F::GELUFuncOptions().approximate("tanh")); });
  differentiate(out, "silu", x, [](Tensor x) { return F::silu(x); });
  differentiate(out, "softplus", x, [](Tensor x) { return F::softplus(x); });
  differentiate(out, "softplus 2", x,
                [](Tensor x) { return F::softplus(x, F::SoftplusFuncOptions().beta(2).threshold(5)); });
  differentiate(out, "logsigmoid", x, [](Tensor x) { return F::logsigmoid(x); });
  differentiate(out, "selu", x, [](Tensor x) { return F::selu(x); });
  differentiate(out, "celu", x, [](Tensor x) { return F::celu(x, F::CELUFuncOptions().alpha(2)); });
  differentiate(out, "mish", x, [](Tensor x) { return F::mish(x); });
  differentiate(out, "softsign", x, [](Tensor x) { return F::softsign(x); });
  differentiate(out, "tanhshrink", x, [](Tensor x) { return F::tanhshrink(x); });
  const Tensor kinks = vector64({-3, -2, -1, -0.5, 0, 0.25, 0.5, 1, 2, 6, 7});
  differentiate(out, "hardtanh", kinks, [](Tensor x) { return F::hardtanh(x); });
  differentiate(out, "hardtanh -2 0.5", kinks,
                [](Tensor x) { return F::hardtanh(x, F::HardtanhFuncOptions().min_val(-2).max_val(0.5)); });
  differentiate(out, "relu6", kinks, [](Tensor x) { return F::relu6(x); });
  differentiate(out, "threshold", kinks,
                [](Tensor x) { return F::threshold(x, F::ThresholdFuncOptions(0.5, 20)); });
  differentiate(out, "hardshrink", kinks, [](Tensor x) { return F::hardshrink(x); });
  differentiate(out, "softshrink", kinks,
                [](Tensor x) { return F::softshrink(x, F::SoftshrinkFuncOptions(1)); });
  differentiate(out, "elu at kinks", kinks, [](Tensor x) { return F::elu(x, F::ELUFuncOptions().alpha(2)); });
  differentiate(out, "leaky_relu at kinks", kinks, [](Tensor x) { return F::leaky_relu(x); });
  // With inplace(true), the op writes over x + 1, and must not change the gradient of x.
  differentiate(out, "relu in place", x, [](Tensor x) { return F::relu(x + 1, F::ReLUFuncOptions(true)); });
  differentiate(out, "elu in place", x,
                [](Tensor x) { return F::elu(x + 1, F::ELUFuncOptions().inplace(true)); });
  differentiate(out, "hardtanh in place", x,
                [](Tensor x) { return F::hardtanh(x + 1, F::HardtanhFuncOptions().inplace(true)); });
  differentiate(out, "softmin", m, [](Tensor x) { return F::softmin(x, 1); });
  differentiate(out, "softmax", m, [](Tensor x) { return F::softmax(x, 0); });
  differentiate(out, "log_softmax", m,
                [](Tensor x) { return F::log_softmax(x, F::LogSoftmaxFuncOptions(1)); });
  differentiate(out, "glu", m, [](Tensor x) { return F::glu(x); });
  differentiate(out, "GLU 0", scattered(4, 3), [](Tensor x) { return nn::GLU(nn::GLUOptions(0))(x); });
  const Tensor slopes = vector64({0.5, -1, 0.1, 2});
  differentiate(out, "prelu", m, [&](Tensor x) { return F::prelu(x, slopes); });
  differentiate(out, "prelu weight", slopes, [&](Tensor w) { return F::prelu(m, w); });
  differentiate(out, "prelu single weight", vector64({0.3}), [&](Tensor w) { return F::prelu(kinks, w); });
  nn::PReLU prelu(nn::PReLUOptions().num_parameters(4).init(0.4));
  prelu->to(lib::kFloat64);
  differentiate(out, "PReLU", m, [&](Tensor x) { return prelu(x); });
  differentiate(out, "Tanh", x, [](Tensor x) { return nn::Tanh()(x); });
  differentiate(out, "Sigmoid", x, [](Tensor x) { return nn::Sigmoid()(x); });
}

inline void losses(Numbers& out) {
  const Tensor x = scattered(4, 3), y = scattered(5, 3).narrow(0, 1, 4) + 0.1;
  differentiate(out, "mse", x, [&](Tensor x) { return F::mse_loss(x, y); });
  differentiate(out, "mse sum", x, [&](Tensor x) { return F::mse_loss(x, y, lib::kSum); });
  differentiate(out, "mse none", x,
                [&](Tensor x) { return F::mse_loss(x, y, F::MSELossFuncOptions(lib::kNone)); });
  differentiate(out, "l1", x, [&](Tensor x) { return nn::L1Loss(nn::L1LossOptions(lib::kSum))(x, y); });
  differentiate(out, "smooth l1", x,
                [&](Tensor x) { return F::smooth_l1_loss(x, y, F::SmoothL1LossFuncOptions(lib::kNone)); });
  differentiate(out, "huber", x,
                [&](Tensor x) { return F::huber_loss(x, y, F::HuberLossFuncOptions().delta(0.7)); });

  const Tensor labels = lib::tensor({2, 0, 1, 2}, lib::kInt64),
               some = lib::tensor({2, -100, 1, -100}, lib::kInt64);
  const Tensor w = vector64({0.5, 2, 1.5}), q = lib::softmax(y, 1);
  using CE = F::CrossEntropyFuncOptions;
  differentiate(out, "cross entropy", x, [&](Tensor x) { return F::cross_entropy(x, labels); });
  differentiate(out, "cross entropy sum", x,
                [&](Tensor x) { return F::cross_entropy(x, labels, CE().reduction(lib::kSum)); });
  differentiate(out, "cross entropy ignore", x, [&](Tensor x) { return nn::CrossEntropyLoss()(x, some); });
  differentiate(out, "cross entropy weight", x,
                [&](Tensor x) { return F::cross_entropy(x, some, CE().weight(w)); });
  differentiate(out, "cross entropy smoothed", x,
                [&](Tensor x) { return F::cross_entropy(x, labels, CE().label_smoothing(0.2)); });
  differentiate(out, "cross entropy all", x, [&](Tensor x) {
    return F::cross_entropy(x, some, CE().label_smoothing(0.2).weight(w).ignore_index(-100));
  });
  differentiate(out, "cross entropy none", x, [&](Tensor x) {
    return F::cross_entropy(x, some, CE().label_smoothing(0.2).weight(w).reduction(lib::kNone));
  });
  differentiate(out, "cross entropy probabilities", x, [&](Tensor x) { return F::cross_entropy(x, q); });
  differentiate(out, "cross entropy probabilities weight", x,
                [&](Tensor x) { return F::cross_entropy(x, q, CE().weight(w).label_smoothing(0.1)); });
  differentiate(out, "cross entropy images", scattered(6, 4).reshape({2, 3, 2, 2}), [&](Tensor x) {
    return F::cross_entropy(x, lib::tensor({2, 0, 1, 2, 1, 1, 0, 2}, lib::kInt64).reshape({2, 2, 2}),
                            CE().weight(w).reduction(lib::kNone));
  });
  differentiate(out, "nll", x, [&](Tensor x) {
    return F::nll_loss(lib::log_softmax(x, 1), labels, F::NLLLossFuncOptions().weight(w));
  });

  const Tensor bits = (y > 0).to(lib::kFloat64), logits = vector64({-200, -1, 0, 0.5, 3, 200}),
               halves = vector64({0, 1, 1, 0.25, 0, 1});
  differentiate(out, "bce", lib::sigmoid(x), [&](Tensor p) { return F::binary_cross_entropy(p, bits); });
  differentiate(out, "bce at the ends", vector64({0, 0, 1, 1}), [&](Tensor p) {
    return nn::BCELoss()(p, vector64({0, 1, 0, 1}));
  });
  differentiate(out, "bce target", lib::sigmoid(x),
                [&](Tensor y) { return F::binary_cross_entropy(lib::sigmoid(x), y); });
  differentiate(out, "bce logits", logits,
                [&](Tensor x) { return F::binary_cross_entropy_with_logits(x, halves); });
  differentiate(out, "bce logits weights", x, [&](Tensor x) {
    return nn::BCEWithLogitsLoss(
        nn::BCEWithLogitsLossOptions().pos_weight(w).weight(w).reduction(lib::kNone))(x, bits);
  });
  differentiate(out, "kl", lib::log_softmax(x, 1),
                [&](Tensor x) { return F::kl_div(x, q, lib::kBatchMean); });
  differentiate(out, "kl zeros", lib::log_softmax(x, 1),
                [&](Tensor x) { return F::kl_div(x, bits, lib::kSum); });
  differentiate(out, "kl mean", lib::log_softmax(x, 1), [&](Tensor x) { return F::kl_div(x, q); });
  differentiate(out, "kl none", lib::log_softmax(x, 1),
                [&](Tensor x) { return F::kl_div(x, q, lib::kNone); });
  differentiate(out, "kl log", lib::log_softmax(x, 1), [&](Tensor x) {
    return F::kl_div(x, lib::log(q), F::KLDivFuncOptions(lib::kSum).log_target(true));
  });
}

inline void losses_of_margins(Numbers& out) {
  const Tensor x = scattered(4, 3), y = scattered(5, 3).narrow(0, 1, 4) + 0.1,
               z = scattered(7, 3).narrow(0, 3, 4), sign = (y > 0).to(lib::kFloat64) * 2 - 1,
               labels = lib::tensor({2, 0, 1, 2}, lib::kInt64),
               counts = lib::tensor({{0., 1., 5.}, {2., 0., 3.}, {1., 7., 0.}, {4., 2., 1.}}, lib::kFloat64);
  differentiate(out, "soft margin", x, [&](Tensor x) { return F::soft_margin_loss(x, sign); });
  differentiate(out, "soft margin none", x, [&](Tensor x) {
    return nn::SoftMarginLoss(nn::SoftMarginLossOptions(lib::kNone))(x * 20, sign);
  });
  differentiate(out, "multi margin", x, [&](Tensor x) { return F::multi_margin_loss(x, labels); });
  differentiate(out, "multi margin weight", x, [&](Tensor x) {
    const auto options = nn::MultiMarginLossOptions().p(2).margin(0.7).weight(vector64({0.5, 2, 1.5}));
    return nn::MultiMarginLoss(nn::MultiMarginLossOptions(options).reduction(lib::kSum))(x, labels);
  });
  differentiate(out, "multi margin of one row", x.select(0, 1), [&](Tensor x) {
    return F::multi_margin_loss(x, labels.select(0, 1),
                                F::MultiMarginLossFuncOptions().reduction(lib::kNone));
  });
  differentiate(out, "triplet margin", x, [&](Tensor x) { return F::triplet_margin_loss(x, y, z); });
  differentiate(out, "triplet margin swap", y, [&](Tensor y) {
    return nn::TripletMarginLoss(
        nn::TripletMarginLossOptions().margin(0.5).p(1).swap(true).reduction(lib::kNone))(x, y, z);
  });
  differentiate(out, "poisson", x, [&](Tensor x) { return F::poisson_nll_loss(x, counts); });
  differentiate(out, "poisson full", x, [&](Tensor x) {
    return F::poisson_nll_loss(x, counts, F::PoissonNLLLossFuncOptions().full(true).reduction(lib::kSum));
  });
  differentiate(out, "poisson rates", x.abs() + 0.1, [&](Tensor x) {
    return nn::PoissonNLLLoss(nn::PoissonNLLLossOptions().log_input(false).reduction(lib::kNone))(x, counts);
  });
}

inline void similarities(Numbers& out) {
  const Tensor x = scattered(4, 3), y = scattered(5, 3).narrow(0, 1, 4) + 0.1;
  differentiate(out, "normalize", x, [](Tensor x) { return F::normalize(x); });
  differentiate(out, "normalize 1", x,
                [](Tensor x) { return F::normalize(x, F::NormalizeFuncOptions().p(1).dim(0)); });
  differentiate(out, "cosine similarity", x, [&](Tensor x) { return F::cosine_similarity(x, y); });
  differentiate(out, "CosineSimilarity 0", y,
                [&](Tensor y) { return nn::CosineSimilarity(nn::CosineSimilarityOptions().dim(0))(x, y); });
  differentiate(out, "pairwise distance", x, [&](Tensor x) { return F::pairwise_distance(x, y); });
  differentiate(out, "PairwiseDistance 1", y, [&](Tensor y) {
    return nn::PairwiseDistance(nn::PairwiseDistanceOptions().p(1).keepdim(true))(x, y);
  });
}

inline void losses_of_pairs(Numbers& out) {
  const Tensor x = scattered(4, 3), y = scattered(5, 3).narrow(0, 1, 4) + 0.1,
               sign = (y > 0).to(lib::kFloat64) * 2 - 1;
  differentiate(out, "smooth l1 beta", x, [&](Tensor x) {
    return nn::SmoothL1Loss(nn::SmoothL1LossOptions(lib::kSum).beta(0.4))(x, y);
  });
  differentiate(out, "smooth l1 beta 0", x, [&](Tensor x) {
    return nn::SmoothL1Loss(nn::SmoothL1LossOptions(lib::kNone).beta(0))(x, y);
  });
  differentiate(out, "hinge embedding", x, [&](Tensor x) { return F::hinge_embedding_loss(x, sign); });
  differentiate(out, "hinge embedding none", x, [&](Tensor x) {
    return F::hinge_embedding_loss(x, sign,
                                   F::HingeEmbeddingLossFuncOptions().margin(0.5).reduction(lib::kNone));
  });
  for (const auto& [name, reduction] :
       {std::pair<const char*, F::MarginRankingLossFuncOptions>{"mean", {}},
        {"sum", F::MarginRankingLossFuncOptions().margin(0.3).reduction(lib::kSum)},
        {"none", F::MarginRankingLossFuncOptions().margin(-0.2).reduction(lib::kNone)}})
    differentiate(out, std::string("margin ranking ") + name, x,
                  [&, options = reduction](Tensor x) { return F::margin_ranking_loss(x, y, sign, options); });
  const Tensor target = sign.select(1, 0);
  for (const auto& [name, reduction] :
       {std::pair<const char*, nn::CosineEmbeddingLossOptions>{"mean", {}},
        {"sum", nn::CosineEmbeddingLossOptions().margin(0.3).reduction(lib::kSum)},
        {"none", nn::CosineEmbeddingLossOptions().margin(-0.2).reduction(lib::kNone)}}) {
    nn::CosineEmbeddingLoss loss(reduction);
    differentiate(out, std::string("cosine embedding ") + name, x,
                  [&](Tensor x) { return loss(x, y, target); });
    differentiate(out, std::string("cosine embedding second ") + name, y,
                  [&](Tensor y) { return loss(x, y, target); });
  }
  differentiate(out, "cosine embedding of a vector", x.select(0, 1),
                [&](Tensor a) { return F::cosine_embedding_loss(a, y.select(0, 0), target.select(0, 1)); });

  // For these values, naive formulas overflow.
  const Tensor extreme = vector64({-1e4, 1e4, -1e4, 1e4, 0, 0}), ends = vector64({0, 1, 1, 0, 0, 1});
  differentiate(out, "bce logits extreme", extreme,
                [&](Tensor x) { return F::binary_cross_entropy_with_logits(x, ends); });
  differentiate(out, "bce weight", lib::sigmoid(x), [&](Tensor p) {
    return nn::BCELoss(nn::BCELossOptions().weight(vector64({0.5, 2, 1})).reduction(lib::kSum))(
        p, lib::sigmoid(y));
  });
  differentiate(out, "cross entropy extreme", extreme.reshape({2, 3}), [&](Tensor x) {
    return F::cross_entropy(x, lib::tensor({0, 2}, lib::kInt64),
                            F::CrossEntropyFuncOptions().label_smoothing(0.1));
  });
  differentiate(out, "nll images", scattered(6, 4).reshape({2, 3, 2, 2}), [&](Tensor x) {
    const Tensor labels = lib::tensor({2, 0, -1, 2, 1, 1, 0, -1}, lib::kInt64).reshape({2, 2, 2});
    return nn::NLLLoss(nn::NLLLossOptions().weight(vector64({0.5, 2, 1.5})).ignore_index(-1))(
        lib::log_softmax(x, 1), labels);
  });
}

// ---- Layers -----------------------------------------------------------------------------------------------

inline void layers(Numbers& out) {
  lib::manual_seed(21);
  nn::Linear linear(5, 4), plain(nn::LinearOptions(3, 2).bias(false));
  nn::Embedding embedding(6, 3);
  nn::Dropout dropout(0.3);
  out["Linear weight"] = numbers(linear->weight);
  out["Linear bias"] = numbers(linear->bias);
  out["Linear plain"] = numbers(plain->weight);
  out["Embedding"] = numbers(embedding->forward(lib::tensor({{5, 0}, {2, 2}}, lib::kInt64)));
  out["Linear forward"] = numbers(linear->forward(scattered(2, 5).to(lib::kFloat32)));
  out["Dropout"] = numbers(dropout(lib::ones({4, 5})));
  dropout->eval();
  out["Dropout eval"] = numbers(dropout(lib::ones({4, 5})));

  nn::Embedding padded(nn::EmbeddingOptions(4, 2).padding_idx(-3));
  out["Embedding padded"] = numbers(padded->weight);
  padded->forward(lib::tensor({1, 0, 1, 3, 3}, lib::kInt64)).sum().backward();
  out["Embedding padded/gradient"] = numbers(padded->weight.grad());

  nn::LayerNorm layer_norm(nn::LayerNormOptions({2, 3}).eps(0.01));
  layer_norm->to(lib::kFloat64);
  differentiate(out, "LayerNorm", scattered(4, 6).reshape({4, 2, 3}),
                [&](Tensor x) { return layer_norm(x); });
  nn::BatchNorm1d batch_norm(3);
  batch_norm->to(lib::kFloat64);
  differentiate(out, "BatchNorm1d", scattered(4, 3), [&](Tensor x) { return batch_norm(x); });
  differentiate(out, "BatchNorm1d of (N, C, L)", scattered(4, 6).reshape({4, 3, 2}),
                [&](Tensor x) { return batch_norm(x); });
  out["BatchNorm1d mean"] = numbers(batch_norm->running_mean);
  out["BatchNorm1d var"] = numbers(batch_norm->running_var);
  batch_norm->eval();
  differentiate(out, "BatchNorm1d eval", scattered(4, 3), [&](Tensor x) { return batch_norm(x); });
}

inline void initialisers(Numbers& out) {
  namespace init = lib::nn::init;
  lib::manual_seed(22);
  const auto fresh = [] { return lib::empty({3, 5}); };
  out["init uniform"] = numbers(init::uniform_(fresh(), -1, 3));
  out["init normal"] = numbers(init::normal_(fresh(), 1, 2));
  out["init constant"] = numbers(init::constant_(fresh(), 1.5));
  out["init eye"] = numbers(init::eye_(fresh()));
  out["init xavier_uniform"] = numbers(init::xavier_uniform_(fresh(), 2));
  out["init xavier_normal"] = numbers(init::xavier_normal_(fresh()));
  out["init kaiming_uniform"] = numbers(init::kaiming_uniform_(fresh(), 0, lib::kFanIn, lib::kReLU));
  out["init kaiming_normal"] = numbers(init::kaiming_normal_(fresh(), 0.2, lib::kFanOut));
  out["gains"] = {init::calculate_gain(lib::kTanh), init::calculate_gain(lib::kSigmoid),
                  init::calculate_gain(lib::kLeakyReLU, 0.3)};
}

// ---- Data -------------------------------------------------------------------------------------------------

struct Squares : lib::data::datasets::Dataset<Squares> {
  lib::data::Example<> get(size_t index) override {
    const auto i = static_cast<double>(index);
    return {vector64({i, -i}), lib::tensor(static_cast<int64_t>(index * index), lib::kInt64)};
  }
#ifdef LIB_OPTIONAL_SIZE
  LIB_OPTIONAL_SIZE size() const override { return 10; }
#else
  std::optional<size_t> size() const override { return 10; }
#endif
};

inline void data(Numbers& out) {
  namespace data = lib::data;
  const auto epochs = [&](const std::string& name, auto& loader) {
    for (int epoch = 0; epoch < 2; ++epoch)
      for (auto& batch : loader) {
        out[name].push_back(static_cast<double>(batch.data.size(0)));
        for (double number : numbers(batch.data)) out[name].push_back(number);
        for (double number : numbers(batch.target)) out[name].push_back(number);
      }
  };
  lib::manual_seed(23);
  auto shuffled = data::make_data_loader(Squares().map(data::transforms::Stack<>()), 4);
  epochs("random sampler", *shuffled);
  auto ordered = data::make_data_loader<data::samplers::SequentialSampler>(
      Squares().map(data::transforms::Stack<>()), data::DataLoaderOptions().batch_size(4).drop_last(true));
  epochs("sequential sampler", *ordered);
}

}  // namespace reference
