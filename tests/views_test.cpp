// Writing through views: which tensors have the new elements, and where the gradients go.
#include <gtest/gtest.h>

#include "autograd/tools/gradcheck.h"
#include "expectations.h"
#include "gradus.h"
#include "tensors.h"

using namespace gradus;
using autograd::live_node_count;
using indexing::None;
using indexing::Slice;

namespace {

TEST(WriteThroughView, ChangesBaseAndAllOfItsViews) {
  const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 1, row = y[0], column = y.t()[0], flat = y.view({-1});
  row.mul_(10);
  EXPECT_TRUE(y.detach().equal(constant({{10, 20}, {3, 4}})));
  EXPECT_STREQ(y.grad_fn()->op(), "copy_slices");
  const Tensor expected = constant({{10, 10}, {1, 1}});  // the gradient of x, for the base and for any view
  for (const Tensor& all : {y, flat}) EXPECT_TRUE(autograd::grad(all.sum(), x, {}, true)[0].equal(expected));
  EXPECT_TRUE(autograd::grad(row.sum(), x, {}, true)[0].equal(constant({{10, 10}, {0, 0}})));
  EXPECT_TRUE(autograd::grad(column.sum(), x, {}, true)[0].equal(constant({{10, 0}, {1, 0}})));
}

TEST(WriteThroughView, OfAView) {
  const Tensor x = leaf({{1, 2, 3}, {4, 5, 6}}), y = x * 1;
  y.t().slice(0, 1)[1].mul_(x.select(1, 0));  // the last column
  EXPECT_TRUE(y.detach().equal(constant({{1, 2, 3}, {4, 5, 24}})));
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(constant({{1 + 3, 1, 1}, {1 + 6, 1, 4}})));
}

TEST(WriteIntoBase, ReachesItsViews) {
  const Tensor x = leaf({1, 2, 3}), y = x * 1, last = y[2], stretched = y.slice(0, 0, 2).expand({4, 2});
  y.mul_(y);
  EXPECT_EQ(autograd::grad(last, x, {}, true)[0][2].item<double>(), 6);
  stretched.sum().backward();  // it has each of the two elements four times
  EXPECT_TRUE(x.grad().equal(constant({8, 16, 0})));
}

TEST(WriteThroughView, BringsAConstantIntoTheGraph) {
  const Tensor w = leaf({5, 6}), t = zeros({2, 2}, kFloat64), before = t[1], untouched = t[0];
  EXPECT_FALSE(before.requires_grad());
  t[1][0] = w[0] * w[1];
  t.index_put_({0, 1}, w[0]);
  EXPECT_TRUE(t.requires_grad() && !t.is_leaf() && before.requires_grad() && !before.is_leaf());
  (t * constant({{1, 2}, {3, 4}})).sum().backward();
  EXPECT_TRUE(w.grad().equal(constant({3 * 6 + 2, 3 * 5})));
  EXPECT_TRUE(untouched.requires_grad());
}

// Dynamic programming: fills a table entry by entry, and computes each entry from earlier ones.
TEST(WriteThroughView, InALoop) {
  const auto binomials = [](const autograd::variable_list& in) {
    const Tensor t = zeros({5, 5}, kFloat64);
    for (int64_t i = 0; i < 5; ++i)
      for (int64_t j = 0; j <= i; ++j)
        if (j == 0)
          t[i][j] = in[0][i];
        else
          t[i][j] = t[i - 1][j - 1].clone() * in[0][j] + t[i - 1][j];  // clone: the product saves its factor
    return t;
  };
  const Tensor x = leaf({1, 2, -1, 0.5, 3});
  EXPECT_TRUE(autograd::gradcheck(binomials, {x}));
}

TEST(WriteThroughView, ByEveryKindOfOp) {
  const Tensor x = leaf({{1, 2}, {3, 4}}), w = leaf({5, 6});
  const auto gradients = [&](const std::function<void(const Tensor&)>& write) {
    const Tensor y = x * 1;
    write(y);
    return autograd::grad(y.sum(), {x, w}, {}, {}, false, /*allow_unused=*/true);
  };
  const Tensor zeroed = constant({{0, 0}, {1, 1}});
  EXPECT_TRUE(gradients([&](const Tensor& y) { y[0] = w; })[0].equal(zeroed));
  EXPECT_TRUE(gradients([&](const Tensor& y) { y[0] = 7; })[0].equal(zeroed));
  EXPECT_TRUE(gradients([&](const Tensor& y) { y[0].uniform_(); })[0].equal(zeroed));
  EXPECT_TRUE(gradients([&](const Tensor& y) {
                y.t().index_put_({Slice(), 0}, w);
              })[1]
                  .equal(ones({2}, kFloat64)));
  EXPECT_TRUE(gradients([&](const Tensor& y) { y.index_put_({0, tensor({1, 0})}, w); })[0].equal(zeroed));
  EXPECT_TRUE(gradients([&](const Tensor& y) { y.diagonal().add_(w, 3); })[1].equal(constant({3, 3})));
  EXPECT_TRUE(
      gradients([&](const Tensor& y) { y.chunk(2)[1].clamp_(3.5); })[0].equal(constant({{1, 1}, {0, 1}})));
}

TEST(View, RaisesTheErrorsOfLibtorch) {
  const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 2;
  const char* of_leaf = "a view of a leaf Variable that requires grad is being used in an in-place operation";
  EXPECT_ERROR(x[0].mul_(2), of_leaf);
  EXPECT_ERROR(x[0][1] = 5, of_leaf);
  EXPECT_ERROR(x.t().zero_(), of_leaf);
  EXPECT_ERROR(x.index_put_({0}, 5), of_leaf);
  EXPECT_ERROR(y.expand({2, 2, 2}).mul_(2), "more than one element of the written-to tensor");
  EXPECT_ERROR(y[0].detach_(), "Can't detach views in-place. Use detach() instead");
  Tensor unrecorded;
  {
    const NoGradGuard no_grad;
    unrecorded = y[0];
    unrecorded.add_(0);
  }
  EXPECT_FALSE(unrecorded.requires_grad());
  EXPECT_ERROR(unrecorded.mul_(x[0]), "a view was created in no_grad mode");
  EXPECT_ERROR(unrecorded[0].mul_(x[0][0]), "a view was created in no_grad mode");
  EXPECT_ERROR(x.detach()[0].expand({2, 2}).detach()[0].mul_(x[0]), "is itself expanded");
  EXPECT_TRUE(x.detach().equal(constant({{1, 2}, {3, 4}})));
}

TEST(View, OfADetachedTensorIsOutsideTheGraph) {
  const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 1;
  x.detach()[0].zero_();
  x.data().sub_(1);
  y.detach().t()[0].mul_(x[0]);  // the detached tensor enters the graph, y does not
  EXPECT_STREQ(y.grad_fn()->op(), "mul");
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(ones({2, 2}, kFloat64)));
  const Tensor transposed = x.detach().t().detach();  // a base that is not contiguous
  transposed[0].copy_(x[1] * 2);
  EXPECT_TRUE(autograd::grad(transposed.sum(), x)[0].equal(constant({{0, 0}, {2, 2}})));
  const Tensor gaps = zeros({2, 4}, kFloat64).slice(1, 1, 4, 2).detach();
  gaps.t()[1].copy_(x[1]);
  EXPECT_TRUE(autograd::grad(gaps[1].sum(), x)[0].equal(constant({{0, 0}, {0, 1}})));
}

TEST(View, KeepsItsPlaceWhileNobodyRecordsAWrite) {
  const Tensor x = leaf({{1, 2}, {3, 4}}), row = x[0], sum = row.sum();
  {
    const NoGradGuard no_grad;
    x.sub_(0.5);
  }
  sum.backward();
  EXPECT_TRUE(x.grad().equal(constant({{1, 1}, {0, 0}})));
  EXPECT_TRUE(autograd::grad(row.square().sum(), x)[0].equal(constant({{1, 3}, {0, 0}})));
}

TEST(View, IsIndependentAfterSetDataOfItsBase) {
  const Tensor w = leaf({1, 2}), x = zeros({2}, kFloat64), view = x.slice(0);
  x.set_data(ones({2}, kFloat64));
  x.mul_(w);
  view.fill_(7);
  EXPECT_FALSE(view.requires_grad());
  EXPECT_TRUE(x.detach().equal(constant({1, 2})));
}

TEST(View, ThatRequiresGradStaysALeaf) {
  const Tensor w = leaf({5, 6}), memory = constant({1, 2, 3}), x = memory.slice(0, 1).requires_grad_();
  EXPECT_ERROR(x.mul_(2), "a leaf Variable that requires grad");
  EXPECT_ERROR(x[0].mul_(2), "a view of a leaf Variable that requires grad");
  memory.slice(0, 0, 2).mul_(w);
  EXPECT_TRUE(x.is_leaf() && x.requires_grad() && memory.requires_grad());
}

TEST(View, WritesAreNoticedByOpsThatSavedTheBase) {
  const Tensor x = leaf({1, 2}), y = x * 1, z = y * y;
  y[0].mul_(2);
  EXPECT_ERROR(z.sum().backward(),
               "mul saved a float64 tensor of shape (2,), which is at version 1; expected version 0");
}

TEST(View, WritesLeaveNoNodes) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 1, row = y[0], column = y.t()[0];
    row.mul_(x[1]).add_(column.clone());
    column.copy_(x[0]);
    (row * column * y).sum();
  }
  EXPECT_EQ(live_node_count(), before);
}

}  // namespace
