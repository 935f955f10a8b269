// Functions of tensors that are made of others, as far as Gradus and libtorch agree: at edges and with integers. Their
// values and derivatives on ordinary numbers are in the list of ops (tests/op_list/composed.cpp).
#include <cmath>
#include <limits>

#include "framework.h"

namespace portable {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity(),
                 nan = std::numeric_limits<double>::quiet_NaN();

TEST(Composed, LogicalFunctionsTakeNumbersAsTruth) {
  const Tensor a = tensor({0, 2, -1, 0}), b = tensor({0.5, 0.0, 3.0, 0.0});
  EXPECT_TRUE(same(logical_and(a, b), tensor({false, false, true, false})));
  EXPECT_TRUE(same(logical_or(a, b), tensor({true, true, true, false})));
  EXPECT_TRUE(same(logical_xor(a, b), tensor({true, true, false, false})));
}

TEST(Composed, CloseElementsAreFoundOneByOne) {
  const Tensor a = tensor({1.0, 1.1, inf, nan, -inf}), b = tensor({1.05, 1.0, inf, nan, inf});
  EXPECT_TRUE(same(isclose(a, b, 0.06), tensor({true, false, true, false, false})));
  EXPECT_TRUE(same(isclose(a, b, 0.06, 0, /*equal_nan=*/true), tensor({true, false, true, true, false})));
  EXPECT_TRUE(same(isclose(tensor({1, 100}), tensor({1, 102}), 0.01), tensor({true, false})));
}

TEST(Composed, NumbersReplaceNanAndInfinity) {
  const Tensor x = tensor({nan, inf, -inf, 3.0}, kFloat64);
  constexpr double largest = std::numeric_limits<double>::max();
  EXPECT_TRUE(same(nan_to_num(x), tensor({0.0, largest, -largest, 3.0}, kFloat64)));
  EXPECT_TRUE(same(nan_to_num(x, 1.0, 2.0, -7.0), tensor({1.0, 2.0, -7.0, 3.0}, kFloat64)));
  EXPECT_TRUE(same(nan_to_num(tensor({1, 2})), tensor({1, 2})));
}

TEST(Composed, AMedianIsAnElement) {
  EXPECT_EQ(median(tensor({5, 1, 4, 2})).item<int>(), 2);  // of two in the middle the lower one
  EXPECT_EQ(median(tensor(7.5)).item<double>(), 7.5);
  EXPECT_TRUE(std::isnan(median(tensor({1.0, nan, 0.0})).item<double>()));
  const auto [values, places] = median(tensor({{3.0, 1.0, 2.0}, {nan, 5.0, 4.0}}, kFloat64), 1);
  EXPECT_EQ(values[0].item<double>(), 2);
  EXPECT_TRUE(std::isnan(values[1].item<double>()));
  EXPECT_TRUE(same(places, tensor({2, 0})));
}

TEST(Composed, RunningProductsPassZeros) {
  EXPECT_TRUE(same(cumprod(tensor({2, 3, 0, 5}), 0), tensor({2, 6, 0, 0})));
  Tensor x = tensor({2.0, 0.0, 5.0}, kFloat64).requires_grad_(true);
  cumprod(x, 0).sum().backward();  // x₀ + x₀ x₁ + x₀ x₁ x₂
  EXPECT_TRUE(same(x.grad(), tensor({1.0, 12.0, 0.0}, kFloat64)));
}

TEST(Composed, ResultsHaveMemoryOfTheirOwn) {
  const Tensor x = tensor({{1.0}});
  for (const Tensor& y : {tile(x, {1, 1}), cumprod(x, 1), flip(x, {0}), roll(x, 0), hstack({x})}) y.zero_();
  EXPECT_EQ(x.item<double>(), 1);
}

TEST(Composed, ElementsMove) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_TRUE(same(flip(x, {1}), tensor({{3, 2, 1}, {6, 5, 4}})));
  EXPECT_TRUE(same(roll(x, 1), tensor({{6, 1, 2}, {3, 4, 5}})));
  EXPECT_TRUE(same(roll(x, {1, 3}, {0, 1}), tensor({{4, 5, 6}, {1, 2, 3}})));
  EXPECT_TRUE(same(tile(tensor({1, 2}), {2, 2}), tensor({{1, 2, 1, 2}, {1, 2, 1, 2}})));
  EXPECT_EQ(tile(x, {0, 1}).numel(), 0);
  EXPECT_TRUE(same(hstack({tensor(1), tensor({2, 3})}), tensor({1, 2, 3})));
  EXPECT_TRUE(same(vstack({tensor(1), tensor({{2}, {3}})}), tensor({{1}, {2}, {3}})));
  const auto parts = split_with_sizes(x, {1, 2}, 1);
  EXPECT_TRUE(same(parts[0], tensor({{1}, {4}})));
  EXPECT_TRUE(same(parts[1], tensor({{2, 3}, {5, 6}})));
}

TEST(Composed, EinsumSumsWhatIsNotNamedAfterTheArrow) {
  const Tensor a = arange(6, kFloat64).reshape({2, 3}), b = arange(12, kFloat64).reshape({3, 4});
  EXPECT_TRUE(same(einsum("ij,jk->ik", {a, b}), mm(a, b)));
  EXPECT_TRUE(same(einsum("ij, jk", {a, b}), mm(a, b)));
  EXPECT_TRUE(same(einsum("ba", {a}), a.t()));  // without an arrow the names are in alphabetical order
  EXPECT_TRUE(same(einsum("ij->", {a}), a.sum()));
  EXPECT_TRUE(same(einsum("ij,ij->i", {a, a}), (a * a).sum(1)));
  EXPECT_TRUE(same(einsum("ii->i", {mm(a, a.t())}), mm(a, a.t()).diagonal()));
  EXPECT_TRUE(same(einsum("...j->...", {a}), a.sum(1)));
  EXPECT_TRUE(same(einsum("i...,i->...", {a, tensor({1.0, -1.0}, kFloat64)}), a[0] - a[1]));
  EXPECT_TRUE(same(einsum("ij,jk,lk->il", {a, b, b}), mm(mm(a, b), b.t()), 1e-12));
  EXPECT_TRUE(same(einsum("ij,ik->ijk", {a, a.slice(1, 0, 1)}), (a * a.slice(1, 0, 1)).unsqueeze(2)));
  EXPECT_TRUE(same(einsum("i,j", {tensor({1, 2}), tensor({3, 4})}), tensor({{3, 4}, {6, 8}})));
  EXPECT_EQ(einsum("ij,jk->ik", {a.slice(1, 0, 0), b.slice(0, 0, 0)}).abs().sum().item<double>(), 0);
}

TEST(Composed, EinsumRefusesWhatDoesNotFit) {
  const Tensor a = ones({2, 3});
  EXPECT_ANY_THROW(einsum("ij,jk", {a}));
  EXPECT_ANY_THROW(einsum("ijk", {a}));
  EXPECT_ANY_THROW(einsum("ij->ik", {a}));
  EXPECT_ANY_THROW(einsum("ij->ii", {a}));
  EXPECT_ANY_THROW(einsum("ii", {a}));
  EXPECT_ANY_THROW(einsum("i1", {a}));
  EXPECT_ANY_THROW(einsum("ij,ij", {a, ones({3, 3})}));
}

}  // namespace
}  // namespace portable
