// nn/parallel on as many ranks as mpirun starts: ctest runs this program on 1, 2 and 4. Every rank runs every case.
#include "nn/parallel/ranks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus.h"
#include "nn/parallel/distributed.h"
#include "nn/parallel/sampler.h"
#include "tests/expectations.h"

namespace gradus {
namespace {

using namespace nn::parallel;
namespace F = nn::functional;

double me() { return rank(); }

// ---- Messages between ranks -----------------------------------------------------------------------------------------

TEST(Ranks, ShareWhatTheyHave) {
  const std::vector<std::string> texts = gather("rank " + std::to_string(rank()));
  ASSERT_EQ(texts.size(), static_cast<size_t>(world_size()));
  for (size_t r = 0; r < texts.size(); ++r) EXPECT_EQ(texts[r], "rank " + std::to_string(r));
  EXPECT_EQ(gather("").size(), texts.size());

  const Tensor x = full({2, 3}, me());
  broadcast(x.t());  // a view that is not contiguous
  EXPECT_TRUE(x.equal(zeros({2, 3})));

  const Tensor rows = gather_rows(full({rank() + 1, 2}, me(), kFloat64));
  ASSERT_EQ(rows.size(0), world_size() * (world_size() + 1) / 2);
  EXPECT_EQ(rows[-1][1].item<double>(), world_size() - 1);

  // Rank 0 has no rows; any dtype.
  const Tensor some = gather_rows(full({rank(), 2}, rank(), kUInt8));
  EXPECT_EQ(some.sizes(), IntArrayRef({world_size() * (world_size() - 1) / 2, 2}));
  EXPECT_EQ(some.dtype(), kUInt8);
}

TEST(Ranks, AddTensors) {
  const int64_t n = world_size();
  for (const Dtype dtype : {kFloat32, kFloat64, kInt64}) {
    const Tensor x = full({1000}, rank() + 1, dtype);
    nn::parallel::sum(x);
    EXPECT_TRUE(x.equal(full({1000}, n * (n + 1) / 2, dtype))) << dtype;
  }
  EXPECT_ERROR(nn::parallel::sum(ones({3, 4}).t()), "contiguous");
  if (n > 1) EXPECT_ERROR(nn::parallel::sum(ones({3}, kBool)), "not bool");
}

TEST(Ranks, TakeEachRowOnce) {
  for (const int64_t rows : {1, 2, 5, 64}) {
    const Part part = part_of(rows);
    const Tensor x = arange(rows, kFloat64);
    const Tensor share = x.slice(0, part.begin, part.end).mean() * part.weight;
    nn::parallel::sum(share);
    EXPECT_NEAR(share.item<double>() / world_size(), x.mean().item<double>(), 1e-12);
  }
  EXPECT_ERROR(part_of(0), "0 rows");
}

TEST(Ranks, SayWhatDiffers) {
  require_same("the seed", "seed 0");
  if (world_size() == 1) return;
  const int64_t last = world_size() - 1;
  EXPECT_ERROR(
      require_same("the version", rank() == last ? "2.0" : "1.0"),
      "the version differs between the ranks: rank 0 has 1.0, rank " + std::to_string(last) + " has 2.0");
  const Tensor data = arange(10, kFloat32);
  if (rank() == last) data[7] = 7.5;
  EXPECT_ERROR(require_same("the data", digest(data)), "float32 (10,) with the checksum");
  nn::Linear layer(3, rank() == last ? 4 : 2);
  EXPECT_ERROR(DistributedDataParallel{layer},
               "the list of parameters differs between the ranks: rank 0 has weight float32 (2, 3), rank " +
                   std::to_string(last) + " has weight float32 (4, 3)");
}

// ---- The gradients of all ranks -------------------------------------------------------------------------------------

nn::Sequential small_net() {
  return nn::Sequential(nn::Linear(20, 16), nn::ReLU(), nn::Linear(16, 8), nn::Linear(8, 3));
}

struct Batch {
  Tensor x, y;
};

/// The batch of a step. All ranks draw the same one.
Batch batch_of(uint64_t step, int64_t rows = 24) {
  manual_seed(1000 + step);
  return {randn({rows, 20}), randint(3, {rows})};
}

/// Trains for some steps, on all rows of each batch or on this rank's part of them.
void train(nn::Sequential& net, bool own_part, int steps = 8, int64_t rows = 24) {
  optim::Adam adam(net->parameters(), 0.01);
  for (int step = 0; step < steps; ++step) {
    const Batch batch = batch_of(static_cast<uint64_t>(step), rows);
    const Part part = own_part ? part_of(rows) : Part{0, rows, 1};
    const Tensor loss = F::cross_entropy(net->forward(batch.x.slice(0, part.begin, part.end)),
                                         batch.y.slice(0, part.begin, part.end));
    adam.zero_grad();
    (loss * part.weight).backward();
    adam.step();
  }
}

double largest_difference(const nn::Sequential& a, const nn::Sequential& b) {
  double most = 0;
  const NoGradGuard no_grad;
  for (size_t i = 0; i < a->parameters().size(); ++i)
    most = std::max(most, (a->parameters()[i] - b->parameters()[i]).abs().max().item<double>());
  return most;
}

std::string digits_of(const nn::Sequential& net) {
  std::string text;
  for (const Tensor& parameter : net->parameters()) text += digest(parameter) + "\n";
  return text;
}

// n ranks follow the path of one process that has all rows: to rounding on several ranks, and bit for bit on one. It is
// the same path in each run, however the messages are cut.
TEST(DistributedDataParallel, FollowsThePathOfOneProcess) {
  manual_seed(0);
  nn::Sequential alone = small_net();
  std::vector<nn::Sequential> nets;
  for (int i = 0; i < 3; ++i) nets.push_back(std::dynamic_pointer_cast<nn::SequentialImpl>(alone->clone()));
  train(alone, /*own_part=*/false);
  for (nn::Sequential& net : nets) {
    const bool cut = net.get() == nets[2].get();
    DistributedDataParallel parallel(net, DistributedDataParallelOptions().bucket_cap_mb(cut ? 1e-6 : 25));
    train(net, /*own_part=*/true);
    EXPECT_EQ(parallel.bucket_count(), world_size() == 1 ? 0u : cut ? 6u : 1u);
    require_same("the result", digits_of(net));
    EXPECT_LE(largest_difference(net, alone), world_size() == 1 ? 0 : 2e-5);
  }
  EXPECT_EQ(digits_of(nets[0]), digits_of(nets[1]));
}

TEST(DistributedDataParallel, WorksWithFewerRowsThanRanks) {
  manual_seed(0);
  nn::Sequential alone = small_net();
  nn::Sequential net(std::dynamic_pointer_cast<nn::SequentialImpl>(alone->clone()));
  train(alone, false, 5, 3);
  DistributedDataParallel parallel(net);
  train(net, true, 5, 3);
  EXPECT_LE(largest_difference(net, alone), world_size() == 1 ? 0 : 2e-5);
}

TEST(DistributedDataParallel, StartsFromRank0) {
  manual_seed(static_cast<uint64_t>(rank()));
  nn::Sequential net(nn::Linear(4, 4), nn::BatchNorm1d(4));
  net->buffers()[0].fill_(me());
  DistributedDataParallel parallel(net);
  require_same("the parameters", digits_of(net));
  EXPECT_EQ(net->buffers()[0].sum().item<double>(), 0);
}

TEST(DistributedDataParallel, SendsWhileBackwardRuns) {
  if (world_size() == 1) return;
  nn::Sequential net = small_net();
  DistributedDataParallel parallel(net, DistributedDataParallelOptions().bucket_cap_mb(1e-6));
  std::vector<size_t> sent;
  for (int pass = 0; pass < 2; ++pass) {
    sent.clear();
    Tensor h = ones({2, 20});
    for (size_t i = 0; i < net->size(); ++i) {
      h = net[i]->as<nn::Linear>() ? net[i]->as<nn::Linear>()->forward(h) : relu(h);
      h.register_hook([&](const Tensor&) { sent.push_back(parallel.sent_count()); });
    }
    h.sum().backward();
    // When the gradient of the last layer's input is complete, the first message has been sent, and so on.
    EXPECT_EQ(sent.size(), 4u);
    EXPECT_EQ(sent, (std::vector<size_t>{0, 1, 3, 4})) << "pass " << pass;
    EXPECT_EQ(parallel.sent_count(), 6u);
  }
}

// A message is sent once it holds bucket_cap_mb. The first layer has 1,344 bytes, the others have 544 and 108.
TEST(DistributedDataParallel, FillsMessages) {
  if (world_size() == 1) return;
  for (const auto& [bytes, messages] : {std::pair(100.0, 3u), {600.0, 2u}, {2000.0, 1u}}) {
    nn::Sequential net = small_net();
    DistributedDataParallel parallel(net, DistributedDataParallelOptions().bucket_cap_mb(bytes / 1048576));
    net->forward(ones({1, 20})).sum().backward();
    EXPECT_EQ(parallel.bucket_count(), messages) << bytes;
  }
}

TEST(DistributedDataParallel, AddsAllUsesOfAParameter) {
  nn::Linear layer(2, 2);
  DistributedDataParallel parallel(layer, DistributedDataParallelOptions().bucket_cap_mb(1e-6));
  layer(layer(full({1, 2}, me() + 1))).sum().backward();
  // y = W (W x + b) + b: the mean over the ranks of what one process gets for each rank's x
  const Tensor mean = zeros_like(layer->bias);
  for (int64_t r = 0; r < world_size(); ++r) {
    nn::Linear copy(std::dynamic_pointer_cast<nn::LinearImpl>(layer->clone()));
    copy->zero_grad();
    copy(copy(full({1, 2}, static_cast<double>(r) + 1))).sum().backward();
    mean.add_(copy->bias.grad() / world_size());
  }
  EXPECT_TRUE(allclose(layer->bias.grad(), mean));
}

TEST(DistributedDataParallel, AddsUpLocallyUnderNoSync) {
  nn::Linear layer(3, 1);
  DistributedDataParallel parallel(layer);
  const auto loss = [&](double scale) { return (layer->weight * (scale * (me() + 1))).sum(); };
  {
    const auto local = parallel.no_sync();
    loss(1).backward();
    EXPECT_EQ(layer->weight.grad()[0][0].item<double>(), me() + 1);
  }
  loss(10).backward();
  const double mean = 11 * (world_size() + 1) / 2.0;
  EXPECT_NEAR(layer->weight.grad()[0][2].item<double>(), mean, 1e-6);
  loss(1).backward();  // without zero_grad() it adds, as on one process
  EXPECT_NEAR(layer->weight.grad()[0][2].item<double>(), mean + mean / 11, 1e-5);
}

TEST(DistributedDataParallel, AveragesAgainAfterAnExceptionUnderNoSync) {
  nn::Linear layer(2, 1);
  DistributedDataParallel parallel(layer);
  try {
    const auto local = parallel.no_sync();
    const Tensor y = layer(ones({1, 2}));
    y.register_hook([](const Tensor&) -> Tensor { fail("a rule has failed"); });
    y.sum().backward();
  } catch (const Error&) {
  }
  (layer->weight * (me() + 1)).sum().backward();
  EXPECT_NEAR(layer->weight.grad()[0][0].item<double>(), (world_size() + 1) / 2.0, 1e-6);
}

TEST(DistributedDataParallel, LeavesFrozenParametersAlone) {
  nn::Sequential net = small_net();
  net->parameters()[0].requires_grad_(false);
  DistributedDataParallel parallel(net);
  net->parameters()[3].requires_grad_(false);  // after the wrap, on all ranks
  net->forward(full({1, 20}, me())).sum().backward();
  EXPECT_FALSE(net->parameters()[0].grad().defined());
  EXPECT_FALSE(net->parameters()[3].grad().defined());
  require_same("the gradient", digest(net->parameters()[5].grad()));
}

TEST(DistributedDataParallel, CountsWhoUsesAParameter) {
  struct TwoHeads : nn::Module {
    nn::Linear first{register_module("first", nn::Linear(2, 1))},
        second{register_module("second", nn::Linear(2, 1))},
        third{register_module("third", nn::Linear(2, 1))};
  };
  const auto net = std::make_shared<TwoHeads>();
  DistributedDataParallel parallel(*net);
  for (int pass = 0; pass < 2; ++pass) {
    net->zero_grad();
    const Tensor x = ones({1, 2});
    const Tensor y = net->first(x).sum();
    (rank() == 0 ? y + net->second(x).sum() : y).backward();
    EXPECT_NEAR(net->first->weight.grad()[0][0].item<double>(), 1, 1e-6);
    EXPECT_NEAR(net->second->weight.grad()[0][0].item<double>(), 1.0 / world_size(), 1e-6);
    EXPECT_FALSE(net->third->weight.grad().defined());
  }
}

TEST(DistributedDataParallel, HooksGradAndCheckpoint) {
  nn::Linear layer(3, 1);
  DistributedDataParallel parallel(layer);
  layer->weight.register_hook([](const Tensor& g) { return g * 2; });
  const Tensor scale = full({}, me() + 1);
  const auto f = [&](const Tensor& x) { return (layer->weight * x).sum(); };
  const Tensor local = autograd::grad({f(scale)}, {layer->weight})[0];
  EXPECT_EQ(local[0][0].item<double>(), 2 * (me() + 1));  // grad() stays local
  autograd::checkpoint(f, scale).backward();
  EXPECT_NEAR(layer->weight.grad()[0][0].item<double>(), world_size() + 1.0, 1e-6);
}

TEST(DistributedDataParallel, MixesDtypesAndDevices) {
  for (const Device device : {Device(kCPU), Device(kCUDA)}) {
    if (device.is_cuda() && !cuda::is_available()) continue;
    nn::Sequential net(nn::Linear(2, 3), nn::Linear(3, 1));
    net[1]->to(kFloat64);
    net->to(device);
    DistributedDataParallel parallel(net);
    for (const Tensor& parameter : net->parameters()) parameter.requires_grad_(true);
    Tensor total = zeros({}, TensorOptions().device(device).dtype(kFloat64));
    for (const Tensor& parameter : net->parameters())
      total = total + parameter.to(kFloat64).sum() * (me() + 1);
    total.backward();
    for (const Tensor& parameter : net->parameters()) {
      EXPECT_TRUE(allclose(parameter.grad().cpu().to(kFloat64),
                           full(parameter.sizes(), (world_size() + 1) / 2.0, kFloat64)));
      EXPECT_EQ(parameter.grad().dtype(), parameter.dtype());
      EXPECT_EQ(parameter.grad().device(), parameter.device());
    }
  }
}

TEST(DistributedDataParallel, RefusesWhatWouldPartTheRanks) {
  if (world_size() == 1) return;
  nn::Linear layer(2, 1);
  const Tensor x = ones({1, 2});
  {
    DistributedDataParallel parallel(layer);
    EXPECT_ERROR(capture([&] { layer(x).sum().backward(); }), "cannot be captured");
  }
  DistributedDataParallel parallel(layer);
  const Tensor y = layer(x);
  y.register_hook([](const Tensor&) -> Tensor { fail("a rule has failed"); });
  EXPECT_ERROR(y.sum().backward(), "a rule has failed");
  EXPECT_ERROR(layer(x).sum().backward(), "no longer in step");
}

// ---- Which examples a rank gets -------------------------------------------------------------------------------------

std::vector<size_t> epoch_of(DistributedSampler sampler) {
  std::vector<size_t> all;
  sampler.reset();
  while (const auto batch = sampler.next(7)) all.insert(all.end(), batch->begin(), batch->end());
  EXPECT_EQ(all.size(), sampler.size());
  return all;
}

DistributedSamplerOptions sampler_options(int64_t ranks, int64_t rank) {
  return DistributedSamplerOptions().num_replicas(ranks).rank(rank);
}

// The numbers are those of torch.utils.data.DistributedSampler, PyTorch 2.
TEST(DistributedSampler, GivesPyTorchsIndices) {
  using Indices = std::vector<size_t>;
  EXPECT_EQ(epoch_of(DistributedSampler(10, sampler_options(4, 1))), (Indices{1, 9, 2}));
  EXPECT_EQ(epoch_of(DistributedSampler(10, sampler_options(4, 3).seed(7).drop_last(true))), (Indices{4, 6}));
  EXPECT_EQ(epoch_of(DistributedSampler(3, sampler_options(8, 5))), (Indices{1}));
  EXPECT_EQ(epoch_of(DistributedSampler(10, sampler_options(4, 2).shuffle(false))), (Indices{2, 6, 0}));
  EXPECT_EQ(epoch_of(DistributedSampler(3, sampler_options(8, 5).drop_last(true))), Indices{});
  DistributedSampler third(10, sampler_options(4, 3));
  third.set_epoch(2);
  EXPECT_EQ(epoch_of(third), (Indices{5, 4, 7}));
  third.set_epoch(0);
  for (int epoch = 0; epoch < 2; ++epoch) third.reset();
  EXPECT_EQ(epoch_of(third), (Indices{5, 4, 7}));  // each reset() goes on to the next epoch

  // Long orders, as a polynomial of their numbers.
  const uint64_t expected[] = {1538927644029031708, 1089189615271534625, 2175818065937927542,
                               777902964424297380};
  for (int64_t r = 0; r < 4; ++r) {
    DistributedSampler sampler(100003, sampler_options(4, r).seed(123));
    sampler.set_epoch(5);
    uint64_t hash = 0;
    for (const size_t index : epoch_of(sampler)) hash = (hash * 31 + index) % (uint64_t{1} << 61);
    EXPECT_EQ(hash, expected[r]);
  }
  EXPECT_ERROR(DistributedSampler(10, sampler_options(4, 4)), "from 0 to 3");
  EXPECT_ERROR(DistributedSampler(0, sampler_options(4, 0)), "empty");
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return gradus::nn::parallel::run("ranks_test", [] {
    if (gradus::nn::parallel::rank() != 0) GTEST_FLAG_SET(brief, true);
    return RUN_ALL_TESTS();
  });
}
