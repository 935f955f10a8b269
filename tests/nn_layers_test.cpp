// Layers, initialisers, helpers and data loading, beyond the numbers that nn_reference_test.cpp compares.
#include <gtest/gtest.h>

#include <cmath>

#include "nn/nn.h"
#include "tensor/random.h"
#include "tests/expectations.h"

using namespace gradus;
namespace F = gradus::nn::functional;

namespace {

// ---- Layers -----------------------------------------------------------------------------------------------

TEST(Linear, TakesVectorsMatricesAndBatches) {
  nn::Linear layer(3, 2);
  const Tensor x = rand({4, 5, 3}), y = layer(x);
  EXPECT_EQ(y.sizes(), (IntArrayRef{4, 5, 2}));
  EXPECT_TRUE(allclose(y[1], layer(x[1]), 1e-6, 1e-7));
  EXPECT_TRUE(allclose(y[1][2], layer(x[1][2]), 1e-6, 1e-7));
  EXPECT_EQ(error_of([&] {
              layer(rand({4, 2}));
            }),
            "linear: x is (4, 2) and the weight (out, in) is (2, 3): x's last size must equal in");
  EXPECT_THROW(nn::Linear(0, 3), Error);
}

TEST(Embedding, StartsFromATable) {
  const Tensor table = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  auto frozen = nn::Embedding::from_pretrained(table);
  EXPECT_TRUE(equal(frozen(tensor({2, 0})), tensor({{5.0, 6.0}, {1.0, 2.0}})));
  EXPECT_FALSE(frozen->weight.requires_grad());
  auto trained =
      nn::Embedding::from_pretrained(table.clone(), nn::EmbeddingFromPretrainedOptions().freeze(false));
  trained(tensor({1, 1})).sum().backward();
  EXPECT_TRUE(equal(trained->weight.grad(), tensor({{0.0, 0.0}, {2.0, 2.0}, {0.0, 0.0}})));
  EXPECT_THROW(trained(tensor({3})), Error);
  EXPECT_THROW(trained(tensor({-1})), Error);
}

TEST(Embedding, IsRegisteredLikeEveryLayer) {
  struct Ratings : nn::Module {
    Ratings() { users = register_module("users", nn::Embedding(5, 2)); }
    nn::Embedding users{nullptr};
  } ratings;
  EXPECT_TRUE(ratings.parameters()[0].is_same(ratings.users->weight));
}

TEST(Dropout, KeepsTheMean) {
  manual_seed(1);
  nn::Dropout dropout(0.25);
  const Tensor y = dropout(ones(100000));
  EXPECT_NEAR(y.mean().item<double>(), 1, 0.01);
  EXPECT_NEAR(y.eq(0).to(kFloat64).mean().item<double>(), 0.25, 0.01);
  EXPECT_TRUE(equal(F::dropout(ones(5), F::DropoutFuncOptions().p(1)), zeros(5)));
  EXPECT_THROW(nn::Dropout(1.5), Error);
}

TEST(LayersWithoutParameters, ReshapeOrReturnTheirInput) {
  const Tensor x = rand({2, 3, 4});
  EXPECT_EQ(nn::Flatten()(x).sizes(), (IntArrayRef{2, 12}));
  EXPECT_TRUE(nn::Identity()(x).is_same(x));
  EXPECT_TRUE(equal(F::one_hot(tensor({1, 0}), 3), tensor({{0, 1, 0}, {1, 0, 0}})));
  EXPECT_THROW(F::one_hot(tensor({3}), 3), Error);
}

TEST(BatchNorm1d, NeedsMoreThanOneRow) {
  EXPECT_THROW(nn::BatchNorm1d(3)(ones({1, 3})), Error);
  EXPECT_THROW(nn::BatchNorm1d(3)(ones({4, 2})), Error);
}

// ---- Initialisers -----------------------------------------------------------------------------------------

TEST(Init, NeedsTwoDimensions) {
  EXPECT_EQ(
      error_of([] { nn::init::xavier_uniform_(empty(5)); }),
      "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, this one is (5,)");
}

TEST(Init, IsNotRecorded) {
  const Tensor w = nn::init::kaiming_normal_(zeros({3, 4}, requires_grad()));
  EXPECT_TRUE(w.is_leaf());
  EXPECT_TRUE(w.requires_grad());
}

// ---- Helpers and data -------------------------------------------------------------------------------------

TEST(Utils, CopyParametersToAVectorAndBack) {
  const nn::Linear layer(3, 2);
  const Tensor flat = nn::utils::parameters_to_vector(layer->parameters());
  EXPECT_EQ(flat.sizes(), IntArrayRef{8});
  nn::utils::vector_to_parameters(arange(8, kFloat32), layer->parameters());
  EXPECT_TRUE(equal(layer->weight, arange(6, kFloat32).reshape({2, 3})));
  EXPECT_TRUE(equal(layer->bias, tensor({6.0, 7.0})));
  EXPECT_THROW(nn::utils::vector_to_parameters(arange(9, kFloat32), layer->parameters()), Error);
}

TEST(Utils, ReportInfiniteGradients) {
  Tensor p = ones(2, requires_grad());
  (p * INFINITY).sum().backward();
  EXPECT_THROW(nn::utils::clip_grad_norm_(p, 1, 2, /*error_if_nonfinite=*/true), Error);
  EXPECT_EQ(nn::utils::clip_grad_norm_(ones(2, requires_grad()), 1), 0);  // no gradient, nothing to clip
}

TEST(DataLoader, PairsRowsOfTwoTensors) {
  const Tensor x = arange(20, kFloat32).reshape({10, 2}), y = arange(10);
  auto loader = data::make_data_loader(data::datasets::TensorPairs(x, y), 4);
  std::vector<int64_t> sizes;
  Tensor seen = zeros(10, kInt64);
  for (auto& batch : *loader) {
    sizes.push_back(batch.data.size(0));
    EXPECT_TRUE(equal(batch.data, x.index_select(0, batch.target)));
    seen.index_put_({batch.target}, 1);
  }
  EXPECT_EQ(sizes, (std::vector<int64_t>{4, 4, 2}));
  EXPECT_TRUE(equal(seen, ones(10, kInt64)));
  EXPECT_THROW(data::datasets::TensorPairs(x, arange(9)), Error);
  EXPECT_THROW(data::make_data_loader(data::datasets::TensorPairs(x, y), 0), Error);
}

TEST(DataLoader, ShufflesBySeed) {
  const auto order = [](uint64_t seed) {
    manual_seed(seed);
    auto loader = data::make_data_loader(data::datasets::TensorPairs(rand({50, 1}), arange(50)), 50);
    return loader->begin()->target;
  };
  EXPECT_TRUE(equal(order(1), order(1)));
  EXPECT_FALSE(equal(order(1), order(2)));
}

TEST(DataLoader, TransformsImages) {
  struct Images : data::datasets::Dataset<Images> {
    data::Example<> get(size_t index) override {
      return {full({1, 2, 2}, 5.0 + static_cast<double>(index)), tensor(0)};
    }
    std::optional<size_t> size() const override { return 3; }
  };
  auto loader = data::make_data_loader<data::samplers::SequentialSampler>(
      Images().map(data::transforms::Normalize<>(5.0, 0.5)).map(data::transforms::Stack<>()), 3);
  EXPECT_TRUE(equal(loader->begin()->data.flatten(1).select(1, 0), tensor({0.0, 2.0, 4.0})));
}

}  // namespace
