// Functions of tensors, as far as Gradus and libtorch agree: maths and reductions.
#include <cmath>

#include "framework.h"

namespace portable {
namespace {

// ---- Maths ---------------------------------------------------------------------------------------------------------

TEST(Maths, OfOneTensor) {
  const Tensor x = tensor({-1.5, 0.5, 2.5}, kFloat64), p = x.abs();
  const std::pair<Tensor, std::vector<double>> cases[] = {
      {-x, {1.5, -0.5, -2.5}},
      {neg(x), {1.5, -0.5, -2.5}},
      {abs(x), {1.5, 0.5, 2.5}},
      {sign(x), {-1, 1, 1}},
      {exp(x), {std::exp(-1.5), std::exp(0.5), std::exp(2.5)}},
      {log(p), {std::log(1.5), std::log(0.5), std::log(2.5)}},
      {log1p(p), {std::log1p(1.5), std::log1p(0.5), std::log1p(2.5)}},
      {expm1(x), {std::expm1(-1.5), std::expm1(0.5), std::expm1(2.5)}},
      {sqrt(p), {std::sqrt(1.5), std::sqrt(0.5), std::sqrt(2.5)}},
      {rsqrt(p), {1 / std::sqrt(1.5), 1 / std::sqrt(0.5), 1 / std::sqrt(2.5)}},
      {erf(x), {std::erf(-1.5), std::erf(0.5), std::erf(2.5)}},
      {tanh(x), {std::tanh(-1.5), std::tanh(0.5), std::tanh(2.5)}},
      {sigmoid(x), {1 / (1 + std::exp(1.5)), 1 / (1 + std::exp(-0.5)), 1 / (1 + std::exp(-2.5))}},
      {relu(x), {0, 0.5, 2.5}},
      {pow(x, 3), {-3.375, 0.125, 15.625}},
      {square(x), {2.25, 0.25, 6.25}},
      {clamp(x, -1, 1), {-1, 0.5, 1}},
      {clamp_min(x, 0), {0, 0.5, 2.5}},
      {x.clamp(gradus::zeros_like(x), gradus::ones_like(x)), {0, 0.5, 1}},
      {sin(x), {std::sin(-1.5), std::sin(0.5), std::sin(2.5)}},
      {cos(x), {std::cos(-1.5), std::cos(0.5), std::cos(2.5)}},
      {round(x), {-2, 0, 2}},
      {floor(x), {-2, 0, 2}},
      {ceil(x), {-1, 1, 3}},
  };
  for (size_t i = 0; i < std::size(cases); ++i)
    EXPECT_TRUE(same(cases[i].first, tensor(cases[i].second, kFloat64), 1e-12)) << "case " << i;
}

TEST(Maths, OfIntegersAndBools) {
  const Tensor i = tensor({-2, 0, 3}), b = tensor({true, false, true});
  EXPECT_TRUE(same(round(i), i));
  EXPECT_TRUE(same(i.floor(), i));
  EXPECT_TRUE(same(i.ceil(), i));
  EXPECT_TRUE(same(sign(i), tensor({-1, 0, 1})));
  EXPECT_TRUE(same(sign(b), b));
  EXPECT_TRUE(same(abs(i), tensor({2, 0, 3})));
  EXPECT_TRUE(same(square(b), tensor({1, 0, 1})));
  EXPECT_TRUE(same(i.pow(2), tensor({4, 0, 9})));
  EXPECT_TRUE(same(pow(2, tensor({0, 5})), tensor({1, 32})));
  EXPECT_TRUE(same(i.clamp(-1), tensor({-1, 0, 3})));
  EXPECT_TRUE(same(maximum(b, ~b), tensor({true, true, true})));
  EXPECT_TRUE(same(minimum(i, tensor({0, -1, 9})), tensor({-2, -1, 3})));
  EXPECT_TRUE(same(i % 3, tensor({1, 0, 0})));
  EXPECT_TRUE(same(7 % tensor({2, -4}), tensor({1, -1})));
  EXPECT_TRUE(same(tensor({5.5}) % 2, tensor({1.5})));
  EXPECT_TRUE(same(i / 2, tensor({-1.0, 0.0, 1.5})));
  EXPECT_TRUE(same(b * i, tensor({-2, 0, 3})));
  EXPECT_TRUE(fails_with("Integers to negative integer powers are not allowed.", [&] { i.pow(-1); }));
  EXPECT_TRUE(fails_with("with a bool tensor is not supported", [&] { b - 1; }));
  EXPECT_TRUE(fails_with("bool tensor", [&] { 1 - b; }));
}

TEST(Maths, NumbersOnEitherSide) {
  const Tensor x = tensor({1.0, 2.0, 4.0});
  EXPECT_TRUE(same(1 + x, x + 1));
  EXPECT_TRUE(same(1 - x, -(x - 1)));
  EXPECT_TRUE(same(2 * x, x * 2));
  EXPECT_TRUE(same(4 / x, tensor({4.0, 2.0, 1.0})));
  EXPECT_TRUE(same(3 < x, x > 3));
  EXPECT_TRUE(same(2 <= x, x >= 2));
  EXPECT_TRUE(same(3 > x, x < 3));
  EXPECT_TRUE(same(2 >= x, x <= 2));
  EXPECT_TRUE(same(2 == x, x == 2));
  EXPECT_TRUE(same(2 != x, x != 2));
  EXPECT_TRUE(same(x.add(1, 2), x + 2));
  EXPECT_TRUE(same(x.sub(x, 2), -x));
}

TEST(Maths, OfBits) {
  const Tensor a = tensor({true, true, false}), b = tensor({true, false, false}), i = tensor({12, 10});
  EXPECT_TRUE(same(a & b, b));
  EXPECT_TRUE(same(a | b, a));
  EXPECT_TRUE(same(a ^ b, tensor({false, true, false})));
  EXPECT_TRUE(same(~a, a.logical_not()));
  EXPECT_TRUE(same(i & 6, tensor({4, 2})));
  EXPECT_TRUE(same(1 | i, tensor({13, 11})));
  EXPECT_TRUE(same(i ^ i, tensor({0, 0})));
  EXPECT_TRUE(same(true ^ a, ~a));
}

TEST(Maths, OfSeveralTensors) {
  const Tensor x = tensor({1.0, 2.0}), y = tensor({3.0, 6.0});
  EXPECT_TRUE(same(lerp(x, y, 0.5), tensor({2.0, 4.0})));
  EXPECT_TRUE(same(x.lerp(y, tensor({0.0, 1.0})), tensor({1.0, 6.0})));
  EXPECT_TRUE(same(x.dot(y), tensor(15.0)));
  EXPECT_TRUE(same(outer(x, y), tensor({{3.0, 6.0}, {6.0, 12.0}})));
  const Tensor A = tensor({{1.0, 2.0}, {3.0, 4.0}});
  EXPECT_TRUE(same(A.mv(x), tensor({5.0, 11.0})));
  EXPECT_TRUE(same(A.mm(A), tensor({{7.0, 10.0}, {15.0, 22.0}})));
  EXPECT_TRUE(same(matmul(A, x), A.mv(x)));
  EXPECT_TRUE(same(A.unsqueeze(0).bmm(A.unsqueeze(0))[0], A.mm(A)));
  EXPECT_TRUE(same(addmm(A, A, A, 2, 0.5), 2 * A + 0.5 * A.mm(A)));
  EXPECT_TRUE(same(A.addmm(A, A), A + A.mm(A)));
  EXPECT_TRUE(same(x.norm(), tensor(std::sqrt(5.0))));
  EXPECT_TRUE(same(A.norm(1, {0}), tensor({4.0, 6.0})));
  EXPECT_TRUE(same(norm(A, 2, {1}, true), tensor({{std::sqrt(5.0)}, {5.0}})));
  EXPECT_TRUE(same(A.tril(), tensor({{1.0, 0.0}, {3.0, 4.0}})));
  EXPECT_TRUE(same(triu(A, 1), tensor({{0.0, 2.0}, {0.0, 0.0}})));
}

TEST(Maths, Comparing) {
  const Tensor x = tensor(std::vector<float>{1, NAN, INFINITY});
  EXPECT_TRUE(same(isnan(x), tensor({false, true, false})));
  EXPECT_TRUE(same(isinf(x), tensor({false, false, true})));
  EXPECT_TRUE(same(x.isfinite(), tensor({true, false, false})));
  EXPECT_TRUE(same(x.eq(1), tensor({true, false, false})));
  EXPECT_TRUE(equal(x[0], tensor(1.0)));
  EXPECT_FALSE(x.equal(x));
  EXPECT_TRUE(x.allclose(x, 1e-5, 1e-8, true));
  EXPECT_FALSE(allclose(x, x));
}

// ---- Reductions ----------------------------------------------------------------------------------------------------

TEST(Reductions, FullAndByDimension) {
  const Tensor x = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 9.0}});
  EXPECT_TRUE(same(x.sum(), tensor(24.0)));
  EXPECT_TRUE(same(x.sum(0), tensor({5.0, 7.0, 12.0})));
  EXPECT_TRUE(same(x.sum(IntArrayRef({0, 1}), true), tensor({{24.0}})));
  EXPECT_TRUE(same(x.sum(kFloat64), tensor(24.0, kFloat64)));
  EXPECT_TRUE(same(x.sum({1}, false, kFloat64), tensor({6.0, 18.0}, kFloat64)));
  EXPECT_TRUE(same(x.mean(), tensor(4.0)));
  EXPECT_TRUE(same(x.mean(1, true), tensor({{2.0}, {6.0}})));
  EXPECT_TRUE(same(tensor({1, 2}).mean(kFloat32), tensor(1.5)));
  EXPECT_TRUE(same(x.prod(), tensor(1080.0)));
  EXPECT_TRUE(same(x.prod(0), tensor({4.0, 10.0, 27.0})));
  EXPECT_TRUE(same(prod(x, 1, true, kFloat64), tensor({{6.0}, {180.0}}, kFloat64)));
  EXPECT_TRUE(same(x.var(), tensor(8.0)));
  EXPECT_TRUE(same(x.var(0), tensor({4.5, 4.5, 18.0})));
  EXPECT_TRUE(same(x.var(IntArrayRef({1}), false, true), tensor({{2.0 / 3}, {14.0 / 3}})));
  EXPECT_TRUE(same(x.std(1), x.var(1).sqrt()));
  EXPECT_TRUE(same(x.std(false), x.var(false).sqrt()));
  EXPECT_TRUE(same(x.amax(0), tensor({4.0, 5.0, 9.0})));
  EXPECT_TRUE(same(x.amin({0, 1}), tensor(1.0)));
  EXPECT_TRUE(same(x.logsumexp(1), x.exp().sum(1).log()));
  EXPECT_TRUE(same(x.softmax(1).sum(1), ones({2})));
  EXPECT_TRUE(same(log_softmax(x, 0), softmax(x, 0).log()));
  EXPECT_TRUE(same(x.cumsum(1), tensor({{1.0, 3.0, 6.0}, {4.0, 9.0, 18.0}})));
  EXPECT_TRUE(same(cumsum(tensor({1, 2}), 0, kFloat64), tensor({1.0, 3.0}, kFloat64)));
}

TEST(Reductions, OfTheLargestAndTheSmallest) {
  const Tensor x = tensor({{1, 7, 3}, {9, 5, 6}});
  EXPECT_TRUE(same(x.max(), tensor(9)));
  EXPECT_TRUE(same(x.min(), tensor(1)));
  const auto [values, places] = x.max(1);
  EXPECT_TRUE(same(values, tensor({7, 9})));
  EXPECT_TRUE(same(places, tensor({1, 0})));
  EXPECT_TRUE(same(std::get<1>(min(x, 0, true)), tensor({{0, 1, 0}})));
  EXPECT_TRUE(same(x.max(x * 0 + 4), tensor({{4, 7, 4}, {9, 5, 6}})));
  EXPECT_TRUE(same(min(x, x * 0 + 4), tensor({{1, 4, 3}, {4, 4, 4}})));
  EXPECT_TRUE(same(x.argmax(), tensor(3)));
  EXPECT_TRUE(same(x.argmin(1), tensor({0, 1})));
  EXPECT_TRUE(same(argmax(x, 0, true), tensor({{1, 0, 1}})));
  const Tensor b = tensor({false, true});
  EXPECT_TRUE(same(b.max(), tensor(true)));
  EXPECT_TRUE(same(std::get<1>(b.max(0)), tensor(1)));
  const Tensor u = x.to(kUInt8);
  EXPECT_TRUE(same(u.amax(1), tensor({7, 9}, kUInt8)));
  EXPECT_TRUE(same(u.argmax(1), tensor({1, 0})));
}

TEST(Reductions, OfTruth) {
  const Tensor b = tensor({{true, false}, {true, true}});
  EXPECT_TRUE(same(b.all(), tensor(false)));
  EXPECT_TRUE(same(b.any(), tensor(true)));
  EXPECT_TRUE(same(b.all(1), tensor({false, true})));
  EXPECT_TRUE(same(any(b, 0, true), tensor({{true, true}})));
  EXPECT_TRUE(same(tensor({1, 0}).all(0), tensor(false)));
  EXPECT_TRUE(same(b.sum(), tensor(3)));
}

TEST(Reductions, InOrder) {
  const Tensor x = tensor({3.0, 1.0, 2.0});
  const auto [sorted, order] = x.sort();
  EXPECT_TRUE(same(sorted, tensor({1.0, 2.0, 3.0})));
  EXPECT_TRUE(same(order, tensor({1, 2, 0})));
  EXPECT_TRUE(same(std::get<0>(sort(x, 0, true)), tensor({3.0, 2.0, 1.0})));
  EXPECT_TRUE(same(x.argsort(0, true), tensor({0, 2, 1})));
  const auto [largest, places] = x.topk(2);
  EXPECT_TRUE(same(largest, tensor({3.0, 2.0})));
  EXPECT_TRUE(same(places, tensor({0, 2})));
  EXPECT_TRUE(same(std::get<0>(topk(x, 1, 0, false)), tensor({1.0})));
  EXPECT_TRUE(fails_with("selected index k out of range", [&] { x.topk(4); }));
}

TEST(Reductions, ProductsOfZerosHaveGradients) {
  const Tensor x = tensor({{2.0, 3.0, 4.0}, {2.0, 0.0, 4.0}, {0.0, 3.0, 0.0}}, kFloat64).requires_grad_();
  const Tensor g = autograd::grad({x.prod(1).sum()}, {x}, {}, true, /*create_graph=*/true)[0];
  EXPECT_TRUE(same(g.detach(), tensor({{12.0, 8.0, 6.0}, {0.0, 8.0, 0.0}, {0.0, 0.0, 0.0}}, kFloat64)));
  const Tensor second = autograd::grad({g.sum()}, {x})[0];
  EXPECT_TRUE(same(second, tensor({{7.0, 6.0, 5.0}, {4.0, 6.0, 2.0}, {3.0, 0.0, 3.0}}, kFloat64)));
}

}  // namespace
}  // namespace portable
