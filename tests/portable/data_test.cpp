// Datasets, transforms, samplers and the loader, as far as Gradus and libtorch agree.
#include <algorithm>
#include <vector>

#include "framework.h"

namespace portable {
namespace {

namespace data = gradus::data;
using data::samplers::RandomSampler;
using data::samplers::SequentialSampler;

/// Example i: an image (1, 2, 2) full of i, and its square.
struct Squares : data::datasets::Dataset<Squares> {
  explicit Squares(size_t count) : count(count) {}
  data::Example<> get(size_t index) override {
    const auto i = static_cast<int64_t>(index);
    return {full({1, 2, 2}, static_cast<double>(i), kFloat32), tensor(i * i)};
  }
  optional<size_t> size() const override { return count; }
  size_t count;
};

template <class Loader>
std::vector<std::vector<int64_t>> targets_of(Loader& loader) {
  std::vector<std::vector<int64_t>> batches;
  for (auto& batch : loader) {
    const int64_t* targets = batch.target.template data_ptr<int64_t>();
    batches.emplace_back(targets, targets + batch.target.numel());
  }
  return batches;
}

using Batches = std::vector<std::vector<int64_t>>;
using Indices = std::vector<size_t>;

TEST(Dataset, GivesExamplesAndBatches) {
  Squares squares(10);
  EXPECT_EQ(squares.size().value(), 10u);
  EXPECT_EQ(squares.get(3).target.item<int64_t>(), 9);
  const std::vector<data::Example<>> batch = squares.get_batch(Indices{2, 5});
  EXPECT_EQ(batch.size(), 2u);
  EXPECT_TRUE(same(batch[1].data, full({1, 2, 2}, 5.0)));
}

TEST(Dataset, OfATensorHasNoTargets) {
  data::datasets::TensorDataset rows(arange(6, kFloat32).view({3, 2}));
  EXPECT_EQ(rows.size().value(), 3u);
  EXPECT_TRUE(same(rows.get(1).data, tensor({2.0, 3.0})));
  const Tensor row = rows.get(2);  // an example without a target converts to its data
  EXPECT_TRUE(same(row, tensor({4.0, 5.0})));
  EXPECT_TRUE(
      same(data::datasets::TensorDataset({tensor({1, 2}), tensor({3, 4})}).tensor, tensor({{1, 2}, {3, 4}})));
  auto stacked = rows.map(data::transforms::Stack<data::TensorExample>());
  EXPECT_TRUE(same(stacked.get_batch(Indices{2, 0}).data, tensor({{4.0, 5.0}, {0.0, 1.0}})));
}

TEST(Transforms, AreAppliedInTheirOrder) {
  auto dataset = Squares(10)
                     .map(data::transforms::Normalize<>(1.0, 0.5))
                     .map(data::transforms::TensorLambda<>([](Tensor x) { return x + 100; }))
                     .map(data::transforms::Lambda<data::Example<>>([](data::Example<> example) {
                       example.target = -example.target;
                       return example;
                     }))
                     .map(data::transforms::Stack<>());
  EXPECT_EQ(dataset.size().value(), 10u);
  const data::Example<> batch = dataset.get_batch(Indices{3, 4});
  EXPECT_TRUE(same(batch.target, tensor({-9, -16})));
  EXPECT_TRUE(same(batch.data, stack({full({1, 2, 2}, 104.0), full({1, 2, 2}, 106.0)})));
}

TEST(Transforms, NormalizeChannelByChannel) {
  struct Colours : data::datasets::Dataset<Colours> {
    data::Example<> get(size_t) override { return {ones({2, 1, 3}), tensor(0)}; }
    optional<size_t> size() const override { return 1; }
  };
  auto dataset = Colours().map(data::transforms::Normalize<>({1.0, 0.0}, {2.0, 4.0}));
  EXPECT_TRUE(same(dataset.get_batch(Indices{0})[0].data, tensor({{{0.0, 0.0, 0.0}}, {{0.25, 0.25, 0.25}}})));
}

/// x, and x rotated by 90°.
struct Turn : data::transforms::TensorTransform<> {
  Tensor operator()(Tensor x) override { return x.transpose(0, 1); }
};

TEST(Transforms, CanBeUserDefined) {
  Squares squares(2);
  EXPECT_EQ(squares.map(Turn()).get_batch(Indices{1})[0].data.sizes(), IntArrayRef({2, 1, 2}));
}

TEST(Samplers, GiveIndicesInOrder) {
  SequentialSampler sampler(5);
  EXPECT_EQ(sampler.next(2).value(), (Indices{0, 1}));
  EXPECT_EQ(sampler.index(), 2u);
  EXPECT_EQ(sampler.next(2).value(), (Indices{2, 3}));
  EXPECT_EQ(sampler.next(2).value(), (Indices{4}));
  EXPECT_FALSE(sampler.next(2).has_value());
  sampler.reset();
  EXPECT_EQ(sampler.next(9).value(), (Indices{0, 1, 2, 3, 4}));
  sampler.reset(2);
  EXPECT_EQ(sampler.next(9).value(), (Indices{0, 1}));
}

// The orders after manual_seed(0), which are the same in both.
TEST(Samplers, DrawTheSameOrders) {
  gradus::manual_seed(0);
  RandomSampler sampler(6);
  const Indices made = sampler.next(6).value();
  sampler.reset();
  const Indices first = sampler.next(4).value(), rest = sampler.next(4).value();
  EXPECT_EQ(rest.size(), 2u);
  EXPECT_EQ(sampler.index(), 6u);
  EXPECT_FALSE(sampler.next(4).has_value());
  sampler.reset(3);
  Indices three = sampler.next(4).value();
  gradus::manual_seed(0);
  for (const Indices& order :
       {made, Indices{first[0], first[1], first[2], first[3], rest[0], rest[1]}, three}) {
    const Tensor drawn = randperm(static_cast<int64_t>(order.size()));
    for (size_t i = 0; i < order.size(); ++i)
      EXPECT_EQ(drawn[static_cast<int64_t>(i)].item<int64_t>(), static_cast<int64_t>(order[i]));
  }
  EXPECT_EQ(made, (Indices{2, 5, 3, 0, 1, 4}));
}

TEST(Loader, RunsThroughEpochs) {
  auto loader = data::make_data_loader<SequentialSampler>(Squares(5).map(data::transforms::Stack<>()), 2);
  for (int epoch = 0; epoch < 2; ++epoch) EXPECT_EQ(targets_of(*loader), (Batches{{0, 1}, {4, 9}, {16}}));
  for (auto& batch : *loader) {
    EXPECT_EQ(batch.data.sizes(), IntArrayRef({2, 1, 2, 2}));
    break;
  }
  EXPECT_EQ(targets_of(*loader), (Batches{{0, 1}, {4, 9}, {16}}));  // starts anew after an unfinished epoch
}

TEST(Loader, TakesOptionsAndSamplers) {
  const auto dataset = [] { return Squares(5).map(data::transforms::Stack<>()); };
  auto dropping = data::make_data_loader<SequentialSampler>(
      dataset(), data::DataLoaderOptions().batch_size(2).drop_last(true));
  EXPECT_EQ(targets_of(*dropping), (Batches{{0, 1}, {4, 9}}));
  auto given = data::make_data_loader(dataset(), SequentialSampler(3), data::DataLoaderOptions(2));
  EXPECT_EQ(targets_of(*given), (Batches{{0, 1}, {4}}));
  auto one_by_one = data::make_data_loader<SequentialSampler>(dataset());
  EXPECT_EQ(targets_of(*one_by_one).size(), 5u);
}

TEST(Loader, GivesUnstackedBatchesAsLists) {
  auto loader = data::make_data_loader<SequentialSampler>(Squares(3), 2);
  std::vector<size_t> sizes;
  for (std::vector<data::Example<>>& batch : *loader) sizes.push_back(batch.size());
  EXPECT_EQ(sizes, (Indices{2, 1}));
}

// The loader draws one order when it is made, and one for each epoch.
TEST(Loader, ShufflesTheSame) {
  gradus::manual_seed(0);
  auto loader = data::make_data_loader(Squares(6).map(data::transforms::Stack<>()), 4);
  const Batches first = targets_of(*loader), second = targets_of(*loader);
  gradus::manual_seed(0);
  randperm(6);
  for (const Batches& epoch : {first, second}) {
    const Tensor order = randperm(6);
    const Tensor wanted = order * order;
    std::vector<int64_t> all = epoch.at(0);
    all.insert(all.end(), epoch.at(1).begin(), epoch.at(1).end());
    EXPECT_TRUE(same(tensor(all), wanted));
  }
}

TEST(Loader, ReadingPastTheEndIsAnError) {
  auto loader = data::make_data_loader<SequentialSampler>(Squares(1), 1);
  auto batch = loader->begin();
  EXPECT_TRUE(batch != loader->end());
  ++batch;
  EXPECT_TRUE(batch == loader->end());
  EXPECT_TRUE(fails_with("Attempted to dereference iterator that was past the end", [&] { *batch; }));
  EXPECT_TRUE(fails_with("Attempted to increment iterator past the end", [&] { ++batch; }));
  auto again = loader->begin();
  EXPECT_EQ(std::distance(again, loader->end()), 1);
}

}  // namespace
}  // namespace portable
