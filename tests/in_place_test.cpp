// In-place ops on recorded tensors: what is recorded, what is an error, and which rules notice that
// a tensor changed.
#include <gtest/gtest.h>

#include <functional>

#include "expectations.h"
#include "gradus.h"

using namespace gradus;

namespace {

Tensor leaf(const NestedNumbers& numbers) { return tensor(numbers, dtype(kFloat64).requires_grad(true)); }

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

TEST(InPlace, ResultMustFitTheTensor) {
  EXPECT_ERROR(zeros({2}).add_(zeros({3, 2})), "add_");
  EXPECT_ERROR(leaf({1, 2}).clone().add_(zeros({3, 2})), "does not fit into (2,)");
  EXPECT_ERROR(arange(3).add_(0.5), "can't be cast to the desired output type int64");
  EXPECT_ERROR(arange(2).add_(leaf({1, 2})), "can't be cast to the desired output type int64");
  EXPECT_ERROR(arange(3).div_(2), "can't be cast to the desired output type int64");
}

}  // namespace
