// Writing into tensors that the tape knows: what is recorded, what is refused, and who notices.
#include <gtest/gtest.h>

#include "expectations.h"
#include "gradus.h"

using namespace gradus;

namespace {

Tensor leaf(const NestedNumbers& numbers) { return tensor(numbers, dtype(kFloat64).requires_grad(true)); }

TEST(InPlace, IsRefusedOnLeavesThatRequireGrad) {
  const Tensor x = leaf({1, 2});
  const char* text = "a leaf Variable that requires grad is being used in an in-place operation";
  EXPECT_ERROR(x.mul_(2), text);
  EXPECT_ERROR(x += x, text);
  EXPECT_ERROR(x.zero_(), text);
  EXPECT_ERROR(x.copy_(ones({2})), text);
  EXPECT_ERROR(x.clamp_(0), text);
  EXPECT_ERROR(x.uniform_(), text);
  EXPECT_ERROR(x.index_put_({tensor({0})}, 5), text);
  EXPECT_ERROR(x[0] = 5, "clone() it first, or write under NoGradGuard");  // through a view of the leaf
  EXPECT_ERROR(x[0] += 1, "clone() it first, or write under NoGradGuard");
  EXPECT_ERROR(x.index_put_({0}, 5), "clone() it first, or write under NoGradGuard");
  EXPECT_TRUE(x.detach().equal(tensor({1.0, 2.0}, kFloat64)));
}

TEST(InPlace, IsRecordedElsewhere) {
  const Tensor x = leaf({1, 2}), y = x * 2;
  const double* place = y.data_ptr<double>();
  y.mul_(x).add_(1);  // 2x² + 1
  EXPECT_EQ(y.data_ptr<double>(), place);
  EXPECT_TRUE(y.detach().equal(tensor({3.0, 9.0}, kFloat64)));
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({4.0, 8.0}, kFloat64)));
}

TEST(InPlace, IsNoticedByWhoeverSavedTheTensor) {
  const Tensor x = leaf({1, 2}), y = x * 2, z = y * y;
  EXPECT_EQ(y._version(), 0u);
  y.add_(1);
  EXPECT_EQ(y._version(), 1u);
  EXPECT_ERROR(
      z.sum().backward(),
      "one of the variables needed for gradient computation has been modified by an inplace operation: "
      "mul saved a float64 tensor of shape (2,), which is at version 1; expected version 0 instead");
}

TEST(InPlace, IsRefusedOnAResultThatItsOpHasSaved) {
  const Tensor x = leaf({1, 2}), y = x.exp();
  EXPECT_ERROR(y.add_(1), "shares its memory with others");
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(y.detach()));
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

TEST(InPlace, IsRefusedWhereViewsWouldGoWrong) {
  const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 2, row = y[0];
  EXPECT_ERROR(y.add_(1), "shares its memory with others");
  EXPECT_ERROR(row.mul_(x[0]), "shares its memory with others");
  EXPECT_ERROR(zeros({2, 2}, kFloat64)[0].copy_(x[0]), "shares its memory with others");
  EXPECT_ERROR(zeros({1, 3}).expand({2, 3}).add_(1), "more than one element of the written-to tensor");
}

TEST(InPlace, ResultMustFitTheTensor) {
  EXPECT_ERROR(zeros({2}).add_(zeros({3, 2})), "add_");
  EXPECT_ERROR(leaf({1, 2}).clone().add_(zeros({3, 2})), "does not fit into (2,)");
  EXPECT_ERROR(arange(3).add_(0.5), "can't be cast to the desired output type int64");
  EXPECT_ERROR(arange(2).add_(leaf({1, 2})), "can't be cast to the desired output type int64");
  EXPECT_ERROR(arange(3).div_(2), "can't be cast to the desired output type int64");
}

}  // namespace
