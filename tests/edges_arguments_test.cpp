// Arguments at the edge of what an op takes: numbers that a dtype cannot hold, indices out of range, memory that cannot
// be written, tensors without elements or without dimensions, sizes that overflow.
#include <gtest/gtest.h>

#include <cmath>

#include "expectations.h"
#include "gradus.h"

namespace gradus {
namespace {

namespace F = nn::functional;
using indexing::None, indexing::Slice;

constexpr int64_t kOdd = (int64_t{1} << 53) + 1;  // float64 rounds it

Tensor bools(const Tensor& x) { return x > 0; }
Tensor uint8(std::vector<int64_t> numbers) { return tensor(numbers, kUInt8); }
Tensor long_empty() { return zeros({int64_t{1} << 40, 0}); }

/// Equal shape, dtype and elements.
bool same(const Tensor& a, const Tensor& b) { return a.dtype() == b.dtype() && equal(a, b); }

// ---- Numbers --------------------------------------------------------------------------------------------------------

TEST(Numbers, ItemConvertsOnlyWhatTheTypeHolds) {
  EXPECT_EQ(tensor(255).item<uint8_t>(), 255);
  EXPECT_EQ(tensor(2.7).item<int>(), 2);
  EXPECT_EQ(tensor(-2147483648.0, kFloat64).item<int>(), -2147483647 - 1);
  EXPECT_EQ(tensor(5).item<bool>(), true);
  EXPECT_TRUE(std::isinf(tensor(INFINITY, kFloat64).item<float>()));
  EXPECT_ERROR(tensor(300).item<uint8_t>(), "300 cannot be converted");
  EXPECT_ERROR(tensor(-1).item<uint8_t>(), "-1 cannot be converted");
  EXPECT_ERROR(tensor(-1).item<uint64_t>(), "without overflow");
  EXPECT_ERROR(tensor(70000).item<int16_t>(), "without overflow");
  EXPECT_ERROR(tensor(1e10).item<int>(), "without overflow");
  EXPECT_ERROR(tensor(NAN).item<int>(), "without overflow");
  EXPECT_ERROR(tensor(INFINITY).item<int64_t>(), "without overflow");
  EXPECT_ERROR(tensor(0x1p63, kFloat64).item<int64_t>(), "without overflow");
  EXPECT_ERROR(tensor(1e300, kFloat64).item<float>(), "without overflow");
}

TEST(Numbers, AFillMustFit) {
  const Tensor x = uint8({1, 2, 3});
  for (auto fill : std::vector<std::function<void()>>{
           [&] { x.fill_(300); }, [&] { x.fill_(-1); }, [&] { x.fill_(NAN); }, [&] { x.fill_(tensor(300)); },
           [&] { full({1}, 300, kUInt8); }, [&] { full({1}, 1e30, kInt64); }, [&] { full_like(x, 256); },
           [&] { tensor({300}, kUInt8); }, [&] { scalar_tensor(int64_t{1} << 40, kInt32); },
           [&] { x.masked_fill(x > 1, 300); }, [&] { x.masked_fill(x > 1, tensor(300)); },
           [&] { x.masked_fill_(x > 1, 300); }, [&] { x.index_put_({x > 1}, 300); },
           [&] { where(x > 1, x, 300); }, [&] { arange(257, kUInt8); },
           [&] { arange(0, 1e30, 1e29, kInt64); }})
    EXPECT_NE(error_of(fill).find("without overflow"), std::string::npos) << error_of(fill);
  EXPECT_TRUE(same(x, uint8({1, 2, 3})));
  EXPECT_TRUE(same(full_like(x, 255), uint8({255, 255, 255})));
  EXPECT_TRUE(same(x.clone().fill_(1.7), uint8({1, 1, 1})));
  EXPECT_EQ(arange(256, kUInt8)[255].item<int>(), 255);
  EXPECT_TRUE(std::isinf(full({}, 1e300).item<float>()));  // as IEEE rounds
}

TEST(Numbers, SmallIntegersDoNotWrapWhereTheResultIsWider) {
  const Tensor x = uint8({200, 100, 3}), y = uint8({1, 200, 3});
  EXPECT_EQ(sum_of_squares(x).item<int64_t>(), 50009);
  EXPECT_TRUE(equal(lerp(x, y, 0.5), tensor({100.5, 150.0, 3.0})));
  EXPECT_TRUE(equal(lerp(x, y, full({3}, 0.25)), tensor({150.25, 125.0, 3.0})));
  EXPECT_TRUE(same(x.clamp(-1, 150), uint8({150, 100, 3})));
  EXPECT_TRUE(same(x.clamp(50, 300), uint8({200, 100, 50})));
  EXPECT_TRUE(same(x.clamp(300.5), full({3}, 300.5)));
  EXPECT_ERROR(x.clamp(300), "300 cannot be converted to uint8");
  EXPECT_ERROR(x.clamp_max(-1), "-1 cannot be converted to uint8");
  EXPECT_ERROR(x.clone().clamp_min_(256), "256 cannot be converted to uint8");
  EXPECT_ERROR(linspace(0, 300, 3, kUInt8), "300 cannot be converted to uint8");
}

TEST(Numbers, ArangeCountsWholeNumbersExactly) {
  EXPECT_TRUE(same(arange(kOdd, kOdd + 3), tensor({kOdd, kOdd + 1, kOdd + 2})));
  EXPECT_EQ(arange(INT64_MIN, INT64_MAX, INT64_MAX).numel(), 3);
  EXPECT_EQ(arange(INT64_MAX, INT64_MIN, INT64_MIN).numel(), 2);
  EXPECT_TRUE(same(arange(3, 0, -2), tensor({3, 1})));
  EXPECT_EQ(arange(0).numel(), 0);
  EXPECT_ERROR(arange(kOdd + 1, kOdd), "do not lead");
  EXPECT_ERROR(arange(0, 5, 0), "do not lead");
  EXPECT_ERROR(arange(0, -0.1), "do not lead");
  EXPECT_ERROR(arange(0, NAN), "do not lead");
  EXPECT_ERROR(arange(0, 1e30), "out of memory");
  EXPECT_ERROR(arange(0, INT64_MAX), "out of memory");
}

TEST(Numbers, WholeNumbersAreComparedByValue) {
  const Tensor x = tensor({kOdd, -kOdd}), y = tensor({16777217});
  EXPECT_TRUE(same(x > 9007199254740992.0, bools(tensor({1, 0}))));
  EXPECT_FALSE(any(x == 9007199254740992.0).item<bool>());
  EXPECT_FALSE((y == 16777216.0).item<bool>());
  EXPECT_TRUE((y > 16777216.5).item<bool>());
  EXPECT_TRUE((16777216.5 < y).item<bool>());
  EXPECT_FALSE((y == tensor({16777216.0f})).item<bool>());
  EXPECT_FALSE(equal(y, tensor({16777216.0f})));
  EXPECT_TRUE(same(tensor({1, 2}) < 1.5, bools(tensor({1, 0}))));
  EXPECT_TRUE(same(tensor({1, 2}) < INFINITY, bools(tensor({1, 1}))));
  EXPECT_FALSE(any(tensor({1, 2}) == NAN).item<bool>());
  EXPECT_TRUE(same(bools(tensor({1, 0})) == 1.0, bools(tensor({1, 0}))));
}

TEST(Numbers, AllcloseOfWholeNumbersIsExact) {
  const Tensor x = tensor({kOdd, -kOdd});
  EXPECT_FALSE(allclose(x, x + 1, 0, 0));
  EXPECT_FALSE(allclose(x, x + 1, 0, 0.5));
  EXPECT_TRUE(allclose(x, x + 1, 0, 1));
  EXPECT_FALSE(allclose(tensor({INT64_MAX}), tensor({INT64_MIN}), 0, 1));
  EXPECT_FALSE(allclose(tensor({INT64_MAX}), tensor({int64_t{-1}}), 0, 1));
  EXPECT_FALSE(allclose(tensor({16777217}), tensor({16777216.0f}), 0, 0));
  EXPECT_TRUE(allclose(uint8({255, 0}), uint8({254, 1}), 0, 1));
  EXPECT_FALSE(allclose(bools(tensor({1, 0})), bools(tensor({1, 1}))));
}

// ---- Bools and small integers ---------------------------------------------------------------------------------------

TEST(Bools, InPlaceOpsAreTheOpsOutOfPlace) {
  const Tensor a = bools(tensor({1, 0, 1, 0})), b = bools(tensor({1, 1, 0, 0}));
  EXPECT_TRUE(same(a.clone().mul_(b), a & b));
  EXPECT_TRUE(same(a.clone() += b, a | b));
  EXPECT_TRUE(same(a.clone() *= b.slice(0, 0, 1), a));
  EXPECT_TRUE(same(a.clone().add_(false), a));
  EXPECT_TRUE(same(a.clone().mul_(false), zeros({4}, kBool)));
  EXPECT_TRUE(same(a.clone().add_(true), ones({4}, kBool)));
  const Tensor self = a.clone();
  EXPECT_TRUE(same(self.mul_(self), a));
  EXPECT_ERROR(a.clone().sub_(b), "Subtraction");
  EXPECT_ERROR(a.clone().add_(1), "can't be cast");
}

TEST(Bools, TrianglesKeepTheDtype) {
  for (const Dtype dtype : {kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64}) {
    EXPECT_TRUE(same(ones({2, 2}, dtype).triu(1), tensor({{0, 1}, {0, 0}}).to(dtype)));
    EXPECT_TRUE(same(ones({2, 2}, dtype).tril(-1), tensor({{0, 0}, {1, 0}}).to(dtype)));
  }
  EXPECT_TRUE(equal(ones({2, 2}).tril(INT64_MAX), ones({2, 2})));
  EXPECT_TRUE(equal(ones({2, 2}).triu(INT64_MAX), zeros({2, 2})));
  EXPECT_TRUE(equal(ones({2, 2}).tril(INT64_MIN), zeros({2, 2})));
  EXPECT_TRUE(equal(ones({2, 2}).triu(INT64_MIN), ones({2, 2})));
  EXPECT_EQ(diagonal(ones({2, 2}), INT64_MIN).numel(), 0);
}

TEST(Losses, AreComputedInFloatingPoint) {
  const Tensor x = uint8({1, 0, 200}), y = uint8({2, 5, 100}), mask = bools(tensor({1, 0, 1}));
  const Tensor p = tensor({0.5, 0.25, 0.75});
  const auto real = [](const Tensor& t) { return t.to(kFloat32); };
  EXPECT_TRUE(allclose(F::mse_loss(x, y), F::mse_loss(real(x), real(y))));
  EXPECT_TRUE(allclose(F::mse_loss(p, mask), F::mse_loss(p, real(mask))));
  EXPECT_TRUE(allclose(F::mse_loss(mask, mask), tensor(0.0)));
  EXPECT_TRUE(allclose(F::l1_loss(x, y), F::l1_loss(real(x), real(y))));
  EXPECT_TRUE(allclose(F::smooth_l1_loss(x, y), F::smooth_l1_loss(real(x), real(y))));
  EXPECT_TRUE(allclose(F::huber_loss(mask, p), F::huber_loss(real(mask), p)));
  EXPECT_TRUE(allclose(F::kl_div(x, y), F::kl_div(real(x), real(y))));
  EXPECT_TRUE(allclose(F::binary_cross_entropy(p, mask), F::binary_cross_entropy(p, real(mask))));
  EXPECT_TRUE(allclose(F::binary_cross_entropy_with_logits(p, mask),
                       F::binary_cross_entropy_with_logits(p, real(mask))));
  EXPECT_TRUE(
      allclose(F::binary_cross_entropy_with_logits(p, y), F::binary_cross_entropy_with_logits(p, real(y))));
  const Tensor sign = tensor({1, -1, 1});
  EXPECT_TRUE(allclose(F::margin_ranking_loss(x, y, sign), F::margin_ranking_loss(real(x), real(y), sign)));
  EXPECT_TRUE(allclose(F::cosine_embedding_loss(x, y, tensor(1)),
                       F::cosine_embedding_loss(real(x), real(y), tensor(1))));
  EXPECT_TRUE(allclose(F::nll_loss(x.unsqueeze(0), tensor({2})), tensor(-200.0)));
}

// ---- Destinations ---------------------------------------------------------------------------------------------------

TEST(Destinations, AnExpandedTensorIsRefused) {
  const Tensor x = zeros({1}).expand({3}), i = tensor({0, 1, 2}), v = ones({3});
  EXPECT_ERROR(x.index_add_(0, i, v), "expanded");
  EXPECT_ERROR(x.scatter_add_(0, i, v), "expanded");
  EXPECT_ERROR(x.index_put_({i}, v), "expanded");
  EXPECT_ERROR(x.index_put_({Slice()}, v), "expanded");
  EXPECT_ERROR(x.uniform_(), "expanded");
}

TEST(Destinations, AnExpandedTensorCanBeFilled) {
  const Tensor x = zeros({2, 1}), all = x.expand({2, 3});
  EXPECT_TRUE(equal(all.fill_(2), full({2, 3}, 2.0)));
  EXPECT_TRUE(equal(all.fill_(tensor(3)), full({2, 3}, 3.0)));
  EXPECT_TRUE(equal(all[0].zero_(), zeros({3})));
  EXPECT_TRUE(equal(x, tensor({{0.0}, {3.0}})));
  const Tensor leaf = ones({2, 1}).requires_grad_(), y = leaf * 2, wide = y.expand({2, 3});
  wide[0].fill_(5);
  wide.sum().backward();
  EXPECT_TRUE(equal(leaf.grad(), tensor({{0.0}, {6.0}})));
}

TEST(Destinations, TheDtypesOfSourceAndDestinationMustMatch) {
  const Tensor x = zeros({3}, kInt64), i = tensor({0, 1}), v = tensor({1.7f, 2.7f});
  EXPECT_ERROR(x.index_put_({i}, v), "a is int64 and b is float32");
  EXPECT_ERROR(x.index_put({i}, v), "a is int64 and b is float32");
  EXPECT_ERROR(x.index_put_({0}, v[0]), "can't be cast");
  EXPECT_ERROR(x.scatter_add_(0, i, v), "a is int64 and b is float32");
  EXPECT_ERROR(x.scatter_add(0, i, v), "a is int64 and b is float32");
  EXPECT_ERROR(x.index_add_(0, i, v), "a is int64 and b is float32");
  EXPECT_ERROR(x.index_add(0, i, v), "a is int64 and b is float32");
  EXPECT_ERROR(x.index_add(0, i, i, 1.5), "a is int64 and b is float32");
  EXPECT_ERROR(uint8({0}).index_add_(0, tensor({0}), tensor({300})), "a is uint8 and b is int64");
  EXPECT_TRUE(equal(x, zeros({3}, kInt64)));
  EXPECT_TRUE(same(zeros({2}, kBool).index_add_(0, tensor({1}), ones({1}, kBool)), bools(tensor({0, 1}))));
}

TEST(Destinations, BorrowedMemoryHasNoNegativeStrides) {
  float numbers[4] = {1, 2, 3, 4};
  EXPECT_ERROR(from_blob(numbers, {4}, {-1}), "must not be negative");
  EXPECT_ERROR(from_blob(numbers, {2, 2}, {2, -1}), "must not be negative");
  EXPECT_ERROR(from_blob(numbers, {4}, {INT64_MAX}), "beyond 2^59");
  EXPECT_ERROR(from_blob(numbers, {2, 2}, {int64_t{1} << 58, int64_t{1} << 58}), "beyond 2^59");
  EXPECT_TRUE(equal(from_blob(numbers, {2, 2}, {1, 2}), tensor({{1.0, 3.0}, {2.0, 4.0}})));
  EXPECT_TRUE(equal(from_blob(numbers, {3, 2}, {1, 1}), tensor({{1.0, 2.0}, {2.0, 3.0}, {3.0, 4.0}})));
}

// ---- Indices --------------------------------------------------------------------------------------------------------

class Devices : public testing::TestWithParam<DeviceType> {
 protected:
  void SetUp() override {
    if (GetParam() == kCUDA && !cuda::is_available()) GTEST_SKIP() << "no cuda device";
  }
  Tensor here(const Tensor& x) { return x.to(Device(GetParam())); }
};
INSTANTIATE_TEST_SUITE_P(, Devices, testing::Values(DeviceType::CPU, DeviceType::CUDA),
                         [](const auto& info) { return info.param == DeviceType::CPU ? "cpu" : "cuda"; });

TEST_P(Devices, OnlyIndexCountsFromTheEnd) {
  const Tensor x = here(tensor({1.0, 2.0, 3.0}));
  for (const int64_t bad : {-4, -1, 3}) {
    SCOPED_TRACE(bad);
    const Tensor i = here(tensor({bad})), v = here(ones({1}));
    EXPECT_ERROR(x.gather(0, i), "out of bounds");
    EXPECT_ERROR(x.index_select(0, i), "out of bounds");
    EXPECT_ERROR(x.scatter_add(0, i, v), "out of bounds");
    EXPECT_ERROR(x.index_add(0, i, v), "out of bounds");
    EXPECT_ERROR(x.clone().scatter_add_(0, i, v), "out of bounds");
    EXPECT_ERROR(x.clone().index_add_(0, i, v), "out of bounds");
    EXPECT_ERROR(F::embedding(i, x.unsqueeze(1)), "out of range");
    if (bad == -1) continue;
    EXPECT_ERROR(x.index({i}), "out of bounds");
    EXPECT_ERROR(x.clone().index_put_({i}, v), "out of bounds");
  }
  EXPECT_EQ(x.index({here(tensor({-1}))}).item<float>(), 3);
  EXPECT_ERROR(here(tensor(2.0)).gather(0, here(tensor(-1))), "out of bounds");
}

// ---- Nothing, and no dimensions -------------------------------------------------------------------------------------

TEST(Nothing, CatSkipsTensorsOfShape0) {
  const Tensor nothing = zeros({0}).requires_grad_(), x = ones({2, 3}).requires_grad_();
  EXPECT_TRUE(equal(cat({nothing, x}), ones({2, 3})));
  EXPECT_TRUE(equal(cat({x, nothing, x}, 1), ones({2, 6})));
  EXPECT_TRUE(equal(cat({nothing, nothing}), zeros({0})));
  EXPECT_EQ(cat({nothing, tensor({1})}).dtype(), kFloat32);
  cat({nothing, x, x}, -1).sum().backward();
  EXPECT_TRUE(equal(x.grad(), full({2, 3}, 2.0)));
  EXPECT_TRUE(equal(nothing.grad(), zeros({0})));
  EXPECT_ERROR(cat({zeros({0, 2}), ones({2, 3})}), "does not fit");
  EXPECT_ERROR(cat({nothing, tensor(1.0)}), "stack()");
}

TEST(Nothing, PartsOfAnEmptyTensor) {
  const auto shapes = [](const std::vector<Tensor>& parts) {
    std::vector<std::vector<int64_t>> result;
    for (const Tensor& part : parts) result.push_back(part.sizes().vec());
    return result;
  };
  using Shapes = std::vector<std::vector<int64_t>>;
  EXPECT_EQ(shapes(zeros({0, 2}).chunk(3)), (Shapes{{0, 2}, {0, 2}, {0, 2}}));
  EXPECT_EQ(shapes(zeros({2, 0}).chunk(2, 1)), (Shapes{{2, 0}, {2, 0}}));
  EXPECT_EQ(shapes(zeros({0, 2}).split(3)), (Shapes{{0, 2}}));
  EXPECT_EQ(shapes(zeros({0, 2}).split(0)), (Shapes{{0, 2}}));
  EXPECT_EQ(shapes(zeros({0, 2}).unbind()), Shapes{});
  EXPECT_EQ(shapes(zeros({3}).chunk(INT64_MAX)), (Shapes{{1}, {1}, {1}}));
  EXPECT_EQ(shapes(zeros({3}).split(INT64_MAX)), (Shapes{{3}}));
  EXPECT_EQ(zeros({1}).expand({INT64_MAX}).split((int64_t{1} << 62)).size(), 2u);
  EXPECT_ERROR(zeros({3}).split(0), "must be positive");
  EXPECT_ERROR(tensor(1.0).split(1), "no dimensions");
  EXPECT_ERROR(long_empty().split(1), "parts");
  EXPECT_ERROR(long_empty().unbind(), "parts");
  EXPECT_ERROR(long_empty().chunk(int64_t{1} << 40), "parts");
  EXPECT_ERROR(zeros({0}).chunk(INT64_MAX), "parts");
}

TEST(Nothing, AnIndexListOfAScalarIsTheScalar) {
  const Tensor x = tensor(2.0).requires_grad_(), y = x * 1;
  EXPECT_TRUE(equal(y.index({"..."}), tensor(2.0)));
  EXPECT_TRUE(equal(y.index(std::vector<TensorIndex>{}), tensor(2.0)));
  EXPECT_TRUE(equal(y.index({"...", None}), tensor({2.0})));
  y.index({"..."}).mul_(3);  // it is a view
  EXPECT_EQ(y.item<float>(), 6);
  y.backward();
  EXPECT_EQ(x.grad().item<float>(), 3);
  EXPECT_ERROR(y.index({0}), "too many indices");
}

TEST(Nothing, ANumberIsAVectorOfOneElement) {
  const Tensor x = tensor(2.0).requires_grad_(), v = tensor({1.0, 2.0, 3.0}), i = tensor(0),
               one = tensor({0});
  const Tensor y = x.gather(0, i) + x.index_select(0, one) + x.index_add(-1, i, x) + x.scatter_add(0, i, x);
  EXPECT_TRUE(equal(y, tensor(12.0)));
  y.backward();
  EXPECT_EQ(x.grad().item<float>(), 6);
  EXPECT_TRUE(equal(v.gather(0, tensor(1)), tensor(2.0)));
  EXPECT_TRUE(equal(v.scatter_add(0, tensor(1), tensor(5.0)), tensor({1.0, 7.0, 3.0})));
  EXPECT_TRUE(equal(v.index_add(0, tensor(1), tensor(5.0)), tensor({1.0, 7.0, 3.0})));
  EXPECT_TRUE(equal(v.clone().slice(0, 1).index_add_(0, tensor(1), tensor(5.0)), tensor({2.0, 8.0})));
  EXPECT_TRUE(equal(std::get<0>(x.topk(1)), tensor(2.0)));
  EXPECT_TRUE(equal(x.flatten(), tensor({2.0})));
  EXPECT_ERROR(x.index_select(0, tensor({1})), "out of bounds");
  EXPECT_ERROR(x.index_select(0, tensor({0, 0})), "reshape");
  EXPECT_ERROR(x.index_add(0, tensor({0, 0}), ones({2})), "a number takes one value");
  for (auto wrong : std::vector<std::function<void()>>{
           [&] { x.gather(1, i); }, [&] { x.index_select(1, one); }, [&] { x.index_add(1, i, x); },
           [&] { x.scatter_add(1, i, x); }, [&] { x.topk(1, 1); }, [&] { x.sort(1); }, [&] { x.flatten(1); },
           [&] { x.flatten(0, 1); }, [&] { zeros({0}).topk(0, 1); }, [&] { zeros({0}).split(1, 1); }})
    EXPECT_NE(error_of(wrong).find("Dimension out of range"), std::string::npos) << error_of(wrong);
}

TEST(Nothing, AProductWithoutElementsTakesNoTime) {
  EXPECT_EQ(long_empty().mm(zeros({0, 0})).numel(), 0);
  const Tensor batch = zeros({int64_t{1} << 40, 0, 0});
  EXPECT_EQ(batch.bmm(batch).numel(), 0);
}

TEST(Nothing, OneHotOfNoLabels) {
  EXPECT_TRUE(same(F::one_hot(zeros({0}, kInt64), 4), zeros({0, 4}, kInt64)));
  EXPECT_ERROR(F::one_hot(zeros({0}, kInt64)), "num_classes must be given");
  EXPECT_ERROR(F::one_hot(tensor({-1, 2})), "they range from -1 to 2");
  EXPECT_ERROR(F::one_hot(tensor({0, 5}), 3), "[0, 3), but they range from 0 to 5");
  EXPECT_TRUE(same(F::one_hot(tensor({{0, 1, 2}, {2, 0, 1}})).argmax(-1), tensor({{0, 1, 2}, {2, 0, 1}})));
  EXPECT_ERROR(F::one_hot(tensor({INT64_MAX})), "one_hot");
}

// ---- Broadcasting ---------------------------------------------------------------------------------------------------

TEST(Broadcasting, MaskedFillExpandsXToTheMask) {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_(), mask = bools(tensor({{1}, {0}}));
  const Tensor y = x.masked_fill(mask, 9);
  EXPECT_TRUE(equal(y, tensor({{9.0, 9.0}, {1.0, 2.0}})));
  y.sum().backward();
  EXPECT_TRUE(equal(x.grad(), ones({2})));
  EXPECT_TRUE(equal(tensor(1.0).masked_fill(mask, tensor(3.0)), tensor({{3.0}, {1.0}})));
  EXPECT_ERROR(x.detach().masked_fill_(mask, 9), "cannot be expanded to x's (2,)");
}

TEST(Broadcasting, LinearTakesAWeightOfOneDimension) {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}), w = tensor({5.0, 6.0});
  EXPECT_TRUE(equal(F::linear(x, w), tensor({17.0, 39.0})));
  EXPECT_TRUE(equal(F::linear(x[0], w), tensor(17.0)));
  EXPECT_TRUE(equal(F::linear(x, w, tensor(1.0)), tensor({18.0, 40.0})));
  EXPECT_TRUE(equal(F::linear(x.unsqueeze(0), w), tensor({{17.0, 39.0}})));
  EXPECT_ERROR(F::linear(x, ones({3})), "linear: x is (2, 2) and the weight");
}

// ---- Sizes ----------------------------------------------------------------------------------------------------------

TEST(Sizes, ASumThatOverflowsIsAnError) {
  const Tensor x = ones({1}).expand({int64_t{1} << 62}), rows = zeros({INT64_MAX, 0});
  EXPECT_ERROR(cat({x, x, x, x}), "too large");
  EXPECT_ERROR(cat({rows, zeros({1, 0})}), "too large");
}

// ---- Random numbers -------------------------------------------------------------------------------------------------

// libtorch fills a tensor that is not contiguous in the order of its memory, and draws normal numbers one by one.
TEST(RandomNumbers, FollowTheMemoryOfATransposedTensor) {
  const auto drawn = [](const Tensor& x, auto fill) {
    manual_seed(0);
    fill(x);
    return x;
  };
  const auto uniform = [](const Tensor& x) { x.uniform_(); };
  EXPECT_TRUE(equal(drawn(zeros({3, 2}).t(), uniform), drawn(zeros({3, 2}), uniform).t()));
  EXPECT_TRUE(equal(drawn(zeros({4, 3, 2}).permute({1, 2, 0}), uniform),
                    drawn(zeros({4, 3, 2}), uniform).permute({1, 2, 0})));
  EXPECT_TRUE(equal(drawn(zeros({6}).slice(0, 0, 6, 2), uniform), drawn(zeros({3}), uniform)));
  for (auto fill : std::vector<void (*)(const Tensor&)>{[](const Tensor& x) { x.random_(100); },
                                                        [](const Tensor& x) { x.bernoulli_(); },
                                                        [](const Tensor& x) { x.exponential_(); }})
    EXPECT_TRUE(equal(drawn(zeros({3, 2}).t(), fill), drawn(zeros({3, 2}), fill).t()));
  const Tensor recorded = zeros({3, 2}).requires_grad_() * 1;  // a recorded fill draws the same
  EXPECT_TRUE(equal(drawn(recorded.t(), uniform), drawn(zeros({3, 2}), uniform).t()));

  const auto normal = [](const Tensor& x) { x.normal_(); };
  Tensor one_by_one = zeros({20});
  manual_seed(0);
  for (int64_t i = 0; i < 20; ++i) one_by_one[i].normal_();
  EXPECT_TRUE(equal(drawn(zeros({5, 4}).t(), normal), one_by_one.view({5, 4}).t()));
}

// ---- Bounds that are allowed ------------------------------------------------------------------------------

TEST(Bounds, AreInTheRangeThatTheyEnd) {
  EXPECT_TRUE(same(tensor({0, 1, 2}).pow(0), tensor({1, 1, 1})));
  EXPECT_TRUE(same(F::softshrink(tensor({-1.0, 2.0}), 0), tensor({-1.0, 2.0})));
  EXPECT_EQ(nn::BatchNorm1d(1)->forward(ones({3, 1})).sizes(), IntArrayRef({3, 1}));
}

}  // namespace
}  // namespace gradus
