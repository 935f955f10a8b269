// In-place ops: what the tape shows, which writes are errors, which rules notice that a tensor changed, and
// writes to memory that is read at the same time.
#include <gtest/gtest.h>

#include <functional>

#include "expectations.h"
#include "gradus.h"
#include "tensors.h"

using namespace gradus;

namespace {

TEST(InPlace, IsAnErrorOnLeavesThatRequireGrad) {
  const Tensor x = leaf({1, 2});
  const char* text = "a leaf Variable that requires grad is being used in an in-place operation";
  EXPECT_ERROR(x.mul_(2), text);
  EXPECT_ERROR(x += x, text);
  EXPECT_ERROR(x.zero_(), text);
  EXPECT_ERROR(x.copy_(ones({2})), text);
  EXPECT_ERROR(x.clamp_(0), text);
  EXPECT_ERROR(x.uniform_(), text);
  EXPECT_ERROR(x.index_put_({tensor({0})}, 5), text);
  EXPECT_TRUE(x.detach().equal(tensor({1.0, 2.0}, kFloat64)));
}

TEST(InPlace, IsRecordedOnOtherTensors) {
  const Tensor x = leaf({1, 2}), y = x * 2;
  const double* place = y.data_ptr<double>();
  y.mul_(x).add_(1);  // 2x² + 1
  EXPECT_EQ(y.data_ptr<double>(), place);
  EXPECT_TRUE(y.detach().equal(tensor({3.0, 9.0}, kFloat64)));
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({4.0, 8.0}, kFloat64)));
}

TEST(InPlace, IsNoticedByOpsThatSavedTheTensor) {
  const Tensor x = leaf({1, 2}), y = x * 2, z = y * y;
  EXPECT_EQ(y._version(), 0u);
  y.add_(1);
  EXPECT_EQ(y._version(), 1u);
  EXPECT_ERROR(
      z.sum().backward(),
      "one of the variables needed for gradient computation has been modified by an inplace operation: "
      "mul saved a float64 tensor of shape (2,), which is at version 1; expected version 0 instead");
}

// These ops write over their input, see in_place.cpp.
TEST(InPlace, FormulasAndBoundsAreNoticedToo) {
  const Tensor mask = tensor({1.0, 0.0}).gt(0);
  const std::vector<std::function<void(const Tensor&)>> writes = {
      [](const Tensor& x) { x.relu_(); }, [](const Tensor& x) { x.clamp_(0.5, 1); },
      [&](const Tensor& x) { x.masked_fill_(mask, 7); }, [&](const Tensor& x) { x.index_put_({mask}, 7); }};
  for (const auto& write : writes) {
    const Tensor x = leaf({1, 2}), y = (x * 2).detach(), z = (x * y).sum();
    write(y);
    EXPECT_EQ(y._version(), 1u);
    EXPECT_ERROR(z.backward(), "modified by an inplace operation");
  }
}

TEST(InPlace, FormulasAndBoundsOfOtherTensors) {
  EXPECT_ERROR(ones({1}).expand({4}).square_(), "The shape (4,) is expanded");
  EXPECT_ERROR(ones({1}).expand({4}).clamp_(0), "The shape (4,) is expanded");
  const Tensor whole = tensor({-2, 5});
  EXPECT_TRUE(whole.clone().relu_().equal(tensor({0, 5})));
  EXPECT_TRUE(whole.clone().clamp_(-1, 1).equal(tensor({-1, 1})));
  EXPECT_ERROR(whole.exp_(), "can't be cast");
  const Tensor strided = arange(6, kFloat64).view({2, 3}).t();
  EXPECT_TRUE(strided.neg_().equal(-arange(6, kFloat64).view({2, 3}).t()));
  EXPECT_TRUE(strided.index_put_({strided < -3}, 1).sum().item<double>() == -4);
}

TEST(InPlace, IsNoticedByTheOpThatSavedItsResult) {
  const Tensor x = leaf({1, 2}), y = x.exp();
  y.add_(1);
  EXPECT_ERROR(y.sum().backward(),
               "exp saved a float64 tensor of shape (2,), which is at version 1; expected version 0");
  const Tensor z = x * 2;  // saves no output
  z.add_(1).sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({2.0, 2.0}, kFloat64)));
}

// The overwritten values have no influence, so the gradient is zero. It is not undefined.
TEST(InPlace, OverwritingStopsTheGradient) {
  const Tensor x = leaf({1, 2});
  for (const auto& overwrite : std::vector<std::function<void(const Tensor&)>>{
           [](const Tensor& y) { y.zero_(); }, [](const Tensor& y) { y.fill_(3); },
           [](const Tensor& y) { y.copy_(ones({2})); }, [](const Tensor& y) { y.normal_(); }}) {
    const Tensor y = x * 2;
    overwrite(y);
    EXPECT_TRUE(autograd::grad(y.sum(), x)[0].equal(zeros({2}, kFloat64)));
  }
}

TEST(InPlace, UnderNoGradGuardIsNoticedToo) {
  const Tensor x = leaf({1, 2}), y = (x * x).sum();
  {
    const NoGradGuard no_grad;
    x.add_(1);
  }
  EXPECT_ERROR(y.backward(), "modified by an inplace operation");
  const Tensor z = (x * x).sum();
  x[0].detach().fill_(7);  // a view writes into the same memory
  EXPECT_ERROR(z.backward(), "modified by an inplace operation");
  const Tensor harmless = (x + x).sum();  // saves nothing
  x.detach().fill_(7);
  harmless.backward();
  EXPECT_TRUE(x.grad().equal(tensor({2.0, 2.0}, kFloat64)));
}

TEST(InPlace, IsNoticedThroughSetData) {
  const Tensor w = leaf({1, 2}), y = (w * w).sum();
  w.set_data(tensor({5, 6}, kFloat64));
  EXPECT_ERROR(y.backward(), "modified by an inplace operation");
  EXPECT_TRUE(w.is_leaf() && w.requires_grad());
  (w * w).sum().backward();
  EXPECT_TRUE(w.grad().equal(tensor({10.0, 12.0}, kFloat64)));
}

TEST(InPlace, IsNoticedThroughSetDataAfterOtherWrites) {
  const Tensor w = leaf({1, 2}), never_written = empty({2}, kFloat64);
  w.detach().fill_(
      3);  // w is at version 1, and the memory that it gets would come to version 1 by set_data alone
  const Tensor y = (w * w).sum();
  w.set_data(never_written);
  EXPECT_ERROR(y.backward(), "modified by an inplace operation");
}

TEST(InPlace, ResultMustFitTheTensor) {
  EXPECT_ERROR(zeros({2}).add_(zeros({3, 2})), "add_");
  EXPECT_ERROR(leaf({1, 2}).clone().add_(zeros({3, 2})), "does not fit into (2,)");
  EXPECT_ERROR(arange(3).add_(0.5), "can't be cast to the desired output type int64");
  EXPECT_ERROR(arange(2).add_(leaf({1, 2})), "can't be cast to the desired output type int64");
  EXPECT_ERROR(arange(3).div_(2), "can't be cast to the desired output type int64");
}

// ---- In-place ops on overlapping memory ----------------------------------------------------------------------------

TEST(InPlace, ReadsOverlappingMemoryBeforeItWrites) {
  const Tensor x = arange(9).view({3, 3});
  x.copy_(x.t());
  EXPECT_TRUE(x.flatten().equal(tensor({0, 3, 6, 1, 4, 7, 2, 5, 8})));
  const Tensor y = arange(5);
  y.slice(0, 1).copy_(y.slice(0, 0, 4));
  EXPECT_TRUE(y.flatten().equal(tensor({0, 0, 1, 2, 3})));
  const Tensor z = ones({4}, kInt64);
  z.slice(0, 1).add_(z.slice(0, 0, 3));
  EXPECT_TRUE(z.flatten().equal(tensor({1, 2, 2, 2})));
  const Tensor w = arange(3);
  w.mul_(w);
  EXPECT_TRUE(w.flatten().equal(tensor({0, 1, 4})));
  const Tensor v = arange(4).view({2, 2});
  v.add_(v[0]);  // broadcasts a row of v itself
  EXPECT_TRUE(v.flatten().equal(tensor({0, 2, 2, 4})));
  const Tensor u = arange(4);
  u.index_put_({tensor({0, 1, 2, 3})}, u.index({indexing::Slice(indexing::None, 1)}).expand(4) + 5);
  EXPECT_TRUE(u.flatten().equal(tensor({5, 5, 5, 5})));
  const Tensor s = arange(4);
  s.index_put_({tensor({1, 2, 3, 0})}, s);  // the values are s itself
  EXPECT_TRUE(s.flatten().equal(tensor({3, 0, 1, 2})));
}

TEST(InPlace, OnIndicesIsNoticedByTheOpThatUsedThem) {
  const Tensor x = tensor(1.0).requires_grad_(), source = tensor(2.0).requires_grad_();
  const Tensor index = tensor(int64_t{0});
  const Tensor y = scatter_add(x, 0, index, source);
  index.fill_(5);
  EXPECT_THROW(y.backward(), Error);
  EXPECT_FALSE(source.grad().defined());
}

}  // namespace
