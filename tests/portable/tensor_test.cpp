// Tensors, as far as Gradus and libtorch agree: types, creation, views, indexing, access. maths_test.cpp has the
// functions of them.
#include <cmath>

#include "framework.h"

namespace portable {
namespace {

using namespace indexing;
using Sizes = std::vector<int64_t>;

Sizes shape(const Tensor& x) { return x.sizes().vec(); }
const Dtype kAllDtypes[] = {kBool,  kUInt8,   kInt16,  kInt32,
                            kInt64, kFloat32, kFloat64};  // in order of promotion
bool is_real(Dtype dtype) { return dtype == kFloat32 || dtype == kFloat64; }
int kind(Dtype dtype) { return dtype == kBool ? 0 : is_real(dtype) ? 2 : 1; }

// ---- Types ---------------------------------------------------------------------------------------------------------

TEST(Types, HaveLongAndShortNames) {
  EXPECT_TRUE(kFloat32 == kFloat && kFloat64 == kDouble && kInt64 == kLong && kInt32 == kInt);
  EXPECT_TRUE(kInt16 == kShort && kUInt8 == kByte);
  EXPECT_EQ(Device("cpu"), Device(kCPU));
  EXPECT_TRUE(Device("cuda").is_cuda());
  EXPECT_FALSE(gradus::cuda::is_available() && zeros({1}).is_cuda());
}

TEST(Types, OptionsDescribeATensor) {
  const TensorOptions options = TensorOptions().dtype(kFloat64).device(kCPU).requires_grad(true);
  const Tensor x = zeros({2}, options);
  EXPECT_EQ(x.dtype(), kFloat64);
  EXPECT_TRUE(x.requires_grad() && x.device().is_cpu());
  EXPECT_EQ(ones({2}, dtype(kInt32)).scalar_type(), kInt32);
  EXPECT_TRUE(ones({2}, requires_grad()).requires_grad());
  EXPECT_TRUE(ones({2}, device(kCPU)).device() == kCPU);
  EXPECT_EQ(zeros({2}, x.options()).dtype(), kFloat64);
}

TEST(Types, OfStoredIntegers) {
  const Tensor i = tensor({-1, 300, 7}, kInt32), s = i.to(kInt16), u = i.to(kUInt8);
  EXPECT_EQ(i.data_ptr<int32_t>()[1], 300);
  EXPECT_EQ(s.data_ptr<int16_t>()[0], -1);
  EXPECT_EQ(u.data_ptr<uint8_t>()[1], 44);  // modulo 256
  EXPECT_EQ(u[0].item<int>(), 255);
  EXPECT_EQ(i[1].item<int64_t>(), 300);
  EXPECT_EQ(s[2].item<double>(), 7);
  EXPECT_TRUE(same(u.to(kInt64), tensor({255, 44, 7})));
  EXPECT_TRUE(same(tensor({1.9, -1.9}).to(kInt16).to(kFloat32), tensor({1.0, -1.0})));
  EXPECT_TRUE(same(i.to(kBool), tensor({true, true, true})));
  EXPECT_TRUE(same(i.view({3, 1}).t().to(kInt16), s.view({1, 3})));
  EXPECT_TRUE(same(i.clone().fill_(5), full({3}, 5, kInt32)));
  EXPECT_TRUE(same(zeros({2}, kUInt8).copy_(tensor({1.5, 2.5})), tensor({1, 2}, kUInt8)));
}

TEST(Types, DefaultIsFloat32UntilItIsSet) {
  const auto before = get_default_dtype();
  EXPECT_TRUE(before == kFloat32);
  set_default_dtype(zeros({1}, kFloat64).dtype());
  EXPECT_EQ(tensor({1.5}).dtype(), kFloat64);
  EXPECT_EQ(zeros({2}).dtype(), kFloat64);
  EXPECT_EQ((tensor({1, 2}) / 2).dtype(), kFloat64);
  EXPECT_EQ(arange(0, 1, 0.5).dtype(), kFloat64);
  set_default_dtype(before);
  EXPECT_EQ(tensor({1.5}).dtype(), kFloat32);
}

// ---- Promotion -----------------------------------------------------------------------------------------------------

TEST(Promotion, OfEveryPair) {
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 7; ++j) {
      const Dtype a = kAllDtypes[i], b = kAllDtypes[j], both = kAllDtypes[std::max(i, j)];
      const Tensor x = ones({2}, a), y = ones({2}, b), number = ones({}, b);
      EXPECT_EQ(promote_types(a, b), both);
      EXPECT_EQ((x + y).dtype(), both) << a << " + " << b;
      EXPECT_EQ((x * y).dtype(), both) << a << " * " << b;
      EXPECT_EQ(maximum(x, y).dtype(), both);
      EXPECT_EQ(where(x == y, x, y).dtype(), both);
      EXPECT_EQ(cat({x, y}).dtype(), both);
      EXPECT_EQ((x < y).dtype(), kBool);
      EXPECT_EQ((x / y).dtype(), is_real(both) ? both : kFloat32);
      EXPECT_EQ((x * number).dtype(), kind(b) > kind(a) ? b : a) << a << " * 0-dimensional " << b;
      EXPECT_EQ(result_type(x, number), (x * number).scalar_type());
    }
}

TEST(Promotion, WithNumbers) {
  for (const Dtype a : kAllDtypes) {
    const Tensor x = ones({2}, a);
    EXPECT_EQ((x * true).dtype(), a);
    EXPECT_EQ((x * 2).dtype(), a == kBool ? kInt64 : a);
    EXPECT_EQ((x * 2.5).dtype(), is_real(a) ? a : kFloat32);
    EXPECT_EQ((2 + x).dtype(), a == kBool ? kInt64 : a);
    EXPECT_EQ((2.5 / x.to(kFloat32)).dtype(), kFloat32);
    EXPECT_EQ((x == 2).dtype(), kBool);
    EXPECT_EQ(x.exp().dtype(), is_real(a) ? a : kFloat32);
    EXPECT_EQ(x.sum().dtype(), is_real(a) ? a : kInt64);
    EXPECT_EQ(x.prod().dtype(), is_real(a) ? a : kInt64);
    EXPECT_EQ(x.cumsum(0).dtype(), is_real(a) ? a : kInt64);
    EXPECT_EQ(x.max().dtype(), a);
    EXPECT_EQ(x.amin(0).dtype(), a);
    EXPECT_EQ(x.all().dtype(), a == kUInt8 ? kUInt8 : kBool);
    EXPECT_EQ(std::get<0>(x.sort()).dtype(), a);
    EXPECT_EQ(std::get<0>(x.max(0)).dtype(), a);
  }
}

TEST(Promotion, SmallIntegersWrapAround) {
  const Tensor u = tensor({1, 200, 255}, kUInt8), s = tensor({30000, -30000}, kInt16);
  EXPECT_TRUE(same(u + 100, tensor({101, 44, 99}, kUInt8)));
  EXPECT_TRUE(same(u * u, tensor({1, 64, 1}, kUInt8)));
  EXPECT_TRUE(same(-u, tensor({255, 56, 1}, kUInt8)));
  EXPECT_TRUE(same(~u, tensor({254, 55, 0}, kUInt8)));
  EXPECT_TRUE(same(s + s, tensor({-5536, 5536}, kInt16)));
  EXPECT_TRUE(same(u - tensor({2, 2, 2}, kInt16), tensor({-1, 198, 253}, kInt16)));
  EXPECT_TRUE(same(tensor({7, -7}, kInt32) % 4, tensor({3, 1}, kInt32)));
  EXPECT_TRUE(same(tensor({3}, kInt32).pow(4), tensor({81}, kInt32)));
  EXPECT_TRUE(same(u & 9, tensor({1, 8, 9}, kUInt8)));
  Tensor x = zeros({2}, kInt32);
  x += 3;
  x *= tensor({2, 5}, kInt16);
  x[1] -= 1;
  EXPECT_TRUE(same(x, tensor({6, 14}, kInt32)));
  EXPECT_TRUE(fails_with("can't be cast", [&] { x.add_(0.5); }));
  EXPECT_TRUE(fails_with("can't be cast", [&] { x.add_(ones({2})); }));
}

// ---- Creation ------------------------------------------------------------------------------------------------------

TEST(Creation, FromNumbers) {
  EXPECT_EQ(shape(tensor({{1, 2}, {3, 4}, {5, 6}})), (Sizes{3, 2}));
  EXPECT_EQ(tensor({{1, 2}, {3, 4}}).dtype(), kInt64);
  EXPECT_EQ(tensor(7).dim(), 0);
  EXPECT_EQ(tensor({true, false}).dtype(), kBool);
  EXPECT_EQ(tensor(1.5).dtype(), kFloat32);
  EXPECT_EQ(tensor({1, 2}, kFloat64).dtype(), kFloat64);
  EXPECT_EQ(tensor({{{1.0}, {2.0}}}).sizes(), IntArrayRef({1, 2, 1}));
  EXPECT_EQ(tensor(std::vector<double>{1, 2}).dtype(), kFloat32);
  EXPECT_EQ(tensor(std::vector<int>{1, 2}).dtype(), kInt64);
  EXPECT_EQ(tensor(std::vector<int64_t>{1, 2}).dtype(), kInt64);
  EXPECT_EQ(tensor(std::vector<int16_t>{1, 2}).dtype(), kInt16);
  EXPECT_EQ(tensor(std::vector<uint8_t>{1, 2}).dtype(), kUInt8);
  EXPECT_EQ(tensor(std::vector<float>{1, 2}, requires_grad()).requires_grad(), true);
}

TEST(Creation, OfSizes) {
  EXPECT_EQ(shape(empty(3)), Sizes{3});
  EXPECT_EQ(shape(zeros({2, 3})), (Sizes{2, 3}));
  EXPECT_EQ(shape(ones({})), Sizes{});
  EXPECT_EQ(shape(zeros(ones({4, 5}).sizes())), (Sizes{4, 5}));
  EXPECT_TRUE(same(full({2}, 3), tensor({3, 3})));
  EXPECT_TRUE(same(full({2}, 3.5), tensor({3.5, 3.5})));
  EXPECT_EQ(full({2}, true).dtype(), kBool);
  EXPECT_EQ(full({2}, 3, kFloat32).dtype(), kFloat32);
  EXPECT_TRUE(same(eye(2), tensor({{1.0, 0.0}, {0.0, 1.0}})));
  EXPECT_TRUE(same(eye(2, 3, kInt64), tensor({{1, 0, 0}, {0, 1, 0}})));
}

TEST(Creation, OfSequences) {
  EXPECT_TRUE(same(arange(3), tensor({0, 1, 2})));
  EXPECT_TRUE(same(arange(1, 4), tensor({1, 2, 3})));
  EXPECT_TRUE(same(arange(5, 0, -2), tensor({5, 3, 1})));
  EXPECT_TRUE(same(arange(3.0), tensor({0.0, 1.0, 2.0})));
  EXPECT_TRUE(same(arange(0, 1, 0.25), tensor({0.0, 0.25, 0.5, 0.75})));
  EXPECT_TRUE(same(arange(4, kInt32), tensor({0, 1, 2, 3}, kInt32)));
  EXPECT_TRUE(same(arange(4, kUInt8), tensor({0, 1, 2, 3}, kUInt8)));
  EXPECT_TRUE(same(linspace(0, 1, 5), tensor({0.0, 0.25, 0.5, 0.75, 1.0})));
  EXPECT_TRUE(same(linspace(-1, 1, 3, kFloat64), tensor({-1.0, 0.0, 1.0}, kFloat64)));
}

TEST(Creation, LikeAnother) {
  const Tensor x = zeros({2, 3}, kFloat64);
  for (const Tensor& y : {gradus::empty_like(x), gradus::zeros_like(x), gradus::ones_like(x),
                          gradus::full_like(x, 2), gradus::rand_like(x), gradus::randn_like(x),
                          gradus::randint_like(x, 5), gradus::randint_like(x, 2, 5)}) {
    EXPECT_EQ(shape(y), (Sizes{2, 3}));
    EXPECT_EQ(y.dtype(), kFloat64);
  }
  for (const Tensor& y :
       {gradus::empty_like(x, kFloat32), gradus::zeros_like(x, kFloat32), gradus::ones_like(x, kFloat32),
        gradus::full_like(x, 2, kFloat32), gradus::rand_like(x, kFloat32), gradus::randn_like(x, kFloat32),
        gradus::randint_like(x, 5, kFloat32)})
    EXPECT_EQ(y.dtype(), kFloat32);
  EXPECT_TRUE(gradus::rand_like(x, requires_grad()).requires_grad());
}

TEST(Creation, OfRandomNumbers) {
  manual_seed(0);
  const Tensor u = rand({3}), n = randn({2, 2}), i = randint(10, {4}), j = randint(3, 5, {6}, kInt32);
  EXPECT_TRUE(same(u, tensor({0.4963, 0.7682, 0.0885}), 1e-4));
  EXPECT_EQ(i.dtype(), kInt64);
  EXPECT_EQ(j.dtype(), kInt32);
  EXPECT_TRUE(((j >= 3) & (j < 5)).all().item<bool>());
  EXPECT_EQ(randperm(5).sum().item<int64_t>(), 10);
  EXPECT_EQ(randperm(5, kInt32).dtype(), kInt32);
  manual_seed(0);
  EXPECT_TRUE(same(rand({3}), u));
  EXPECT_TRUE(same(randn({2, 2}), n));
  const Tensor x = zeros({50}, kFloat64);
  EXPECT_GT(x.uniform_(2, 3).min().item<double>(), 1.99);
  EXPECT_LT(x.normal_(0, 0.1).abs().max().item<double>(), 1);
  EXPECT_LT(x.random_(7).max().item<double>(), 7);
  EXPECT_GE(x.random_(5, 7).min().item<double>(), 5);
}

TEST(Creation, OnMemoryOfOthers) {
  std::vector<float> memory = {1, 2, 3, 4, 5, 6};
  const Tensor x = from_blob(memory.data(), {2, 3});
  x[1][2] = 60;
  EXPECT_EQ(memory[5], 60);
  EXPECT_TRUE(same(from_blob(memory.data(), {2, 2}, {3, 1}), tensor({{1.0, 2.0}, {4.0, 5.0}})));
  int released = 0;
  const auto release = [&](void*) { ++released; };
  from_blob(memory.data(), {6}, release, dtype(kFloat32));
  from_blob(memory.data(), {3}, {2}, release, dtype(kFloat32));
  EXPECT_EQ(released, 2);
}

// ---- Views ---------------------------------------------------------------------------------------------------------

TEST(Views, ShareTheirMemory) {
  const Tensor x = arange(24).view({2, 3, 4});
  for (const Tensor& view : {x[1],
                             x.view({6, 4}),
                             x.view({-1}),
                             x.reshape({4, 6}),
                             x.flatten(1),
                             x.transpose(0, 2),
                             x.permute({2, 0, 1}),
                             x.expand({5, 2, 3, 4}),
                             x.expand({-1, 3, 4}),
                             x.unsqueeze(1),
                             x.unsqueeze(0).squeeze(),
                             x.slice(1, 0, 2),
                             x.narrow(2, 1, 2),
                             x.select(2, 3),
                             x.chunk(2, 1)[0],
                             x.split(2, 2)[1],
                             x.unbind(1)[2],
                             x.diagonal(0, 1, 2),
                             x.contiguous(),
                             x[0].t(),
                             x[0].expand_as(x)}) {
    view.select(0, 0).add_(100);
    EXPECT_GE(x.max().item<int64_t>(), 100);
    x.copy_(arange(24).view({2, 3, 4}));
  }
}

TEST(Views, HaveTheirShapes) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_EQ(shape(x.flatten()), Sizes{24});
  EXPECT_EQ(shape(x.flatten(0, 1)), (Sizes{6, 4}));
  EXPECT_EQ(shape(x.permute({2, 0, 1})), (Sizes{4, 2, 3}));
  EXPECT_EQ(shape(x.unsqueeze(-1)), (Sizes{2, 3, 4, 1}));
  EXPECT_EQ(shape(x.unsqueeze(0).squeeze(0)), (Sizes{2, 3, 4}));
  EXPECT_EQ(shape(x.squeeze(1)), (Sizes{2, 3, 4}));
  EXPECT_EQ(shape(x.slice(2, 0, 4, 3)), (Sizes{2, 3, 2}));
  EXPECT_EQ(shape(x.slice(2, -3, -1)), (Sizes{2, 3, 2}));
  EXPECT_EQ(shape(x.diagonal(1, 1, 2)), (Sizes{2, 3}));
  EXPECT_EQ(x.chunk(2, 2).size(), 2u);
  EXPECT_EQ(shape(x.split(3, 2)[1]), (Sizes{2, 3, 1}));
  EXPECT_EQ(x.unbind().size(), 2u);
  EXPECT_EQ(shape(cat({x, x}, 1)), (Sizes{2, 6, 4}));
  EXPECT_EQ(shape(stack({x, x}, -1)), (Sizes{2, 3, 4, 2}));
  EXPECT_EQ(x.transpose(0, 1).strides(), IntArrayRef({4, 12, 1}));
  EXPECT_EQ(x.stride(0), 12);
  EXPECT_EQ(x.size(-1), 4);
  EXPECT_FALSE(x.transpose(0, 1).is_contiguous());
  EXPECT_TRUE(fails_with("Dimension out of range", [&] { x.size(3); }));
}

TEST(Views, AssignmentWritesThroughAnIndexAndRebindsAName) {
  Tensor x = zeros({2, 3});
  x[0] = tensor({1.0, 2.0, 3.0});
  x[1][2] = 9;
  x[1] += 1;
  EXPECT_TRUE(same(x, tensor({{1.0, 2.0, 3.0}, {1.0, 1.0, 10.0}})));
  Tensor row = x[0];
  row = ones({3});
  EXPECT_EQ(x[0][1].item<double>(), 2);
}

// ---- Indexing ------------------------------------------------------------------------------------------------------

TEST(Indexing, ReadsShapesAsNumpy) {
  const Tensor x = arange(24).view({2, 3, 4}), i = tensor({{0, 1}, {1, 0}}), row = tensor({0, 2});
  EXPECT_EQ(shape(x.index({0})), (Sizes{3, 4}));
  EXPECT_EQ(shape(x.index({"...", 0})), (Sizes{2, 3}));
  EXPECT_EQ(shape(x.index({Ellipsis, Slice(1, 3)})), (Sizes{2, 3, 2}));
  EXPECT_EQ(shape(x.index({None, "...", 0})), (Sizes{1, 2, 3}));
  EXPECT_EQ(shape(x.index({Slice(), Slice(None, None, 2)})), (Sizes{2, 2, 4}));
  EXPECT_EQ(shape(x.index({Slice(-1, None), Slice(None, -1)})), (Sizes{1, 2, 4}));
  EXPECT_EQ(shape(x.index({i})), (Sizes{2, 2, 3, 4}));
  EXPECT_EQ(shape(x.index({Slice(), row})), (Sizes{2, 2, 4}));
  EXPECT_EQ(shape(x.index({i, Slice(), row})), (Sizes{2, 2, 3}));
  EXPECT_EQ(shape(x.index({0, Slice(), i})), (Sizes{3, 2, 2}));
  EXPECT_EQ(shape(x.index({x > 20})), Sizes{3});
  EXPECT_EQ(shape(x.index({tensor({false, true})})), (Sizes{1, 3, 4}));
  EXPECT_EQ(shape(x.index({tensor({false, true}), 1})), (Sizes{1, 4}));
  EXPECT_EQ(shape(x.index({true})), (Sizes{1, 2, 3, 4}));
  EXPECT_EQ(shape(x.index({zeros({0}, kInt64)})), (Sizes{0, 3, 4}));
  EXPECT_TRUE(same(x.index({1, row, tensor({-1, 0})}), tensor({15, 20})));
  EXPECT_TRUE(same(x.index({std::vector<TensorIndex>{1, 2, 3}}), tensor(23)));
}

TEST(Indexing, WritesValues) {
  Tensor x = zeros({3, 4}, kInt64);
  x.index_put_({1}, 1);
  x.index_put_({Slice(), 3}, tensor({7, 8, 9}));
  x.index_put_({tensor({0, 2}), tensor({1, -4})}, tensor({5, 6}));
  EXPECT_TRUE(same(x, tensor({{0, 5, 0, 7}, {1, 1, 1, 8}, {6, 0, 0, 9}})));
  x.index_put_({x > 5}, -1);
  x.index_put_({Slice(1, None), tensor({1, 2})}, 50);
  EXPECT_TRUE(same(x, tensor({{0, 5, 0, -1}, {1, 50, 50, -1}, {-1, 50, 50, -1}})));
  x.index({Slice(), 0}) = 3;
  x.index({0, Slice(1, 3)}) = tensor({8, 9});
  x.index({"...", -1}) += 1;
  EXPECT_TRUE(same(x, tensor({{3, 8, 9, 0}, {3, 50, 50, 0}, {3, 50, 50, 0}})));
}

TEST(Indexing, AddsUpRepeatedElements) {
  const Tensor i = tensor({0, 2, 0}), ones3 = ones({3});
  EXPECT_TRUE(same(zeros({3}).index_put_({i}, ones3, true), tensor({2.0, 0.0, 1.0})));
  EXPECT_TRUE(same(zeros({3}).index_put({i}, ones3, true), tensor({2.0, 0.0, 1.0})));
  EXPECT_TRUE(same(zeros({3}).index_add_(0, i, ones3), tensor({2.0, 0.0, 1.0})));
  EXPECT_TRUE(
      same(zeros({2, 3}).index_add(1, i, ones({2, 3}), 0.5), tensor({{1.0, 0.0, 0.5}, {1.0, 0.0, 0.5}})));
  EXPECT_TRUE(same(zeros({3}).scatter_add_(0, i, ones3), tensor({2.0, 0.0, 1.0})));
  EXPECT_TRUE(same(zeros({2, 3}).scatter_add(1, tensor({{2, 2}}), ones({2, 4})),
                   tensor({{0.0, 0.0, 2.0}, {0.0, 0.0, 0.0}})));
  EXPECT_TRUE(same(zeros({3}, kInt32).index_add_(0, i, ones({3}, kInt32), 2), tensor({4, 0, 2}, kInt32)));
}

TEST(Indexing, OutOfBoundsSaysWhere) {
  const std::string text = "index 5 is out of bounds for dimension 1 with size 5";
  const Tensor x = zeros({2, 5}), five = tensor({{5}});
  EXPECT_TRUE(fails_with(text, [&] { x.index({0, 5}); }));
  EXPECT_TRUE(fails_with("index 5 is out of bounds for dimension 0 with size 2", [&] { x.index({five}); }));
  EXPECT_TRUE(fails_with(text, [&] { x.gather(1, five); }));
  EXPECT_TRUE(fails_with(text, [&] { x.scatter_add(1, five, ones({1, 1})); }));
  EXPECT_TRUE(fails_with("index -6 is out of bounds for dimension 1 with size 5", [&] { x.index({0, -6}); }));
  EXPECT_TRUE(fails_with("too many indices for tensor of dimension 2", [&] { x.index({0, 0, 0}); }));
  EXPECT_TRUE(fails_with("step must be greater than zero", [&] { x.index({Slice(None, None, -1)}); }));
}

TEST(Indexing, ByMasks) {
  const Tensor x = tensor({{1.0, -2.0}, {-3.0, 4.0}}), negative = x < 0, byte = negative.to(kUInt8);
  EXPECT_TRUE(same(x.masked_fill(negative, 0), tensor({{1.0, 0.0}, {0.0, 4.0}})));
  EXPECT_TRUE(same(x.masked_fill(negative, tensor(0.5)), tensor({{1.0, 0.5}, {0.5, 4.0}})));
  EXPECT_TRUE(same(x.clone().masked_fill_(negative, 7), tensor({{1.0, 7.0}, {7.0, 4.0}})));
  EXPECT_TRUE(same(x.masked_select(negative), tensor({-2.0, -3.0})));
  EXPECT_TRUE(same(x.index({negative}), tensor({-2.0, -3.0})));
  EXPECT_TRUE(same(x.index({byte}), tensor({-2.0, -3.0})));
  EXPECT_TRUE(same(x.masked_select(byte), tensor({-2.0, -3.0})));
  EXPECT_TRUE(same(where(negative, -x, x), x.abs()));
  EXPECT_TRUE(same(where(negative, 0.0, x), x.masked_fill(negative, 0)));
  EXPECT_TRUE(same(where(negative, x, 0.0), x.masked_fill(~negative, 0)));
  EXPECT_TRUE(same(where(negative, 1, 2), tensor({{2, 1}, {1, 2}})));
  EXPECT_TRUE(same(where(negative)[1], tensor({1, 0})));
  EXPECT_TRUE(same(x.where(negative, zeros({2, 2})), x.masked_fill(~negative, 0)));
  EXPECT_TRUE(same(negative.nonzero(), tensor({{0, 1}, {1, 0}})));
}

TEST(Indexing, ByPositions) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_TRUE(same(x.gather(1, tensor({{2}, {0}})), tensor({{3}, {4}})));
  EXPECT_TRUE(same(gather(x, 0, tensor({{1, 0}})), tensor({{4, 2}})));
  EXPECT_TRUE(same(x.index_select(1, tensor({2, 0})), tensor({{3, 1}, {6, 4}})));
  EXPECT_TRUE(same(index_select(x, 0, tensor({1}, kInt32)), tensor({{4, 5, 6}})));
}

TEST(Indexing, HasGradients) {
  const Tensor x = arange(12, kFloat64).view({3, 4}).requires_grad_();
  const Tensor i = tensor({2, 0, 2});
  const auto gradient = [&](const Tensor& y) { return autograd::grad({(y * y).sum()}, {x})[0]; };
  EXPECT_TRUE(same(gradient(x.index({Slice(), i})).sum(0),
                   2 * tensor({1.0, 0.0, 2.0, 0.0}, kFloat64) * x.detach().sum(0)));
  EXPECT_TRUE(same(gradient(x.index({x > 5})), 2 * x.detach() * (x.detach() > 5)));
  EXPECT_TRUE(
      same(gradient(x.index_put({i}, zeros({3, 4}, kFloat64))).sum(1), tensor({0.0, 44.0, 0.0}, kFloat64)));
  EXPECT_TRUE(same(gradient(zeros({3, 4}, kFloat64).index_add(0, i, x)).sum(1),
                   tensor({88.0, 44.0, 88.0}, kFloat64)));
  EXPECT_TRUE(same(gradient(std::get<0>(x.topk(1))).sum(1), tensor({6.0, 14.0, 22.0}, kFloat64)));
}

// ---- In place and access -------------------------------------------------------------------------------------------

TEST(InPlace, ChangesTheElements) {
  const Tensor x = tensor({1.0, 2.0});
  x.add_(1).sub_(0.5).mul_(2).div_(4);
  EXPECT_TRUE(same(x, tensor({0.75, 1.25})));
  x.add_(x, 2).clamp_(0, 3);
  EXPECT_TRUE(same(x, tensor({2.25, 3.0})));
  x.fill_(tensor(4.0));
  EXPECT_TRUE(same(x, tensor({4.0, 4.0})));
  x.zero_();
  EXPECT_TRUE(same(x, tensor({0.0, 0.0})));
  Tensor y = ones({2});
  y += 1;
  y -= y / 2;
  y *= 3;
  y /= tensor({1.0, 2.0});
  EXPECT_TRUE(same(y, tensor({3.0, 1.5})));
}

TEST(Access, ToElementsAndConversions) {
  const Tensor x = tensor({{1.5, 2.5}}, kFloat64);
  EXPECT_EQ(x[0][1].item<double>(), 2.5);
  EXPECT_EQ(x[0][1].item<float>(), 2.5f);
  EXPECT_EQ(x[0][0].item().toDouble(), 1.5);
  EXPECT_EQ(x.data_ptr<double>()[1], 2.5);
  EXPECT_EQ(x.numel(), 2);
  EXPECT_EQ(x.dim(), 2);
  EXPECT_EQ(x.to(kFloat32).dtype(), kFloat32);
  EXPECT_EQ(x.to(kCPU, kInt64).dtype(), kInt64);
  EXPECT_TRUE(x.cpu().is_same(x));
  EXPECT_FALSE(x.clone().is_same(x));
  EXPECT_TRUE(x.detach().data_ptr<double>() == x.data_ptr<double>());
  EXPECT_TRUE(fails_with("expected scalar type", [&] { x.data_ptr<float>(); }));
}

}  // namespace
}  // namespace portable
