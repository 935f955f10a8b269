// Names that Gradus and libtorch share and that no other portable test uses.
#include <sstream>

#include "tests/portable/framework.h"

namespace portable {
namespace {

TEST(Names, OfScalarsListsAndDevices) {
  const Scalar two = 2;
  EXPECT_TRUE(same(ones({2}) * two, tensor({2.0, 2.0})));
  const std::vector<Tensor> parts = {ones({1}), zeros({2})};
  EXPECT_TRUE(same(cat(TensorList(parts)), tensor({1.0, 0.0, 0.0})));
  EXPECT_TRUE(Device(kCUDA).is_cuda() && Device("cuda").is_cuda() && Device(kCPU).is_cpu());
  EXPECT_ANY_THROW(Device("abacus"));
}

TEST(Names, OfDiagonals) {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}});
  EXPECT_TRUE(same(x.diag(), tensor({1.0, 4.0})));
  EXPECT_TRUE(same(diag(tensor({1.0, 2.0})), tensor({{1.0, 0.0}, {0.0, 2.0}})));
  EXPECT_EQ(x.trace().item<float>(), 5);
  EXPECT_EQ(trace(x).item<float>(), 5);
}

TEST(Names, OfIndexPut) {
  const Tensor x = zeros({3});
  x.index_put_({tensor({0, 0, 2})}, ones({3}), /*accumulate=*/true);
  EXPECT_TRUE(same(x, tensor({2.0, 0.0, 1.0})));
}

TEST(Names, OfGradModes) {
  const Tensor x = ones({2}, requires_grad());
  {
    const AutoGradMode off(false);
    EXPECT_FALSE((x * 2).requires_grad());
    const AutoGradMode on(true);
    EXPECT_TRUE((x * 2).requires_grad());
  }
  EXPECT_TRUE((x * 2).requires_grad());
}

struct Halves : autograd::Function<Halves> {
  static autograd::variable_list forward(autograd::AutogradContext* context, const Tensor& x) {
    const Tensor half = x * 0.5, sign = x.sign();
    context->mark_non_differentiable({sign});
    return {half, sign};
  }
  static autograd::variable_list backward(autograd::AutogradContext*, autograd::variable_list gradients) {
    return {gradients[0] * 0.5};
  }
};

TEST(Names, OfOutputsWithoutDerivative) {
  const Tensor x = tensor({-1.0, 3.0}, requires_grad());
  const autograd::variable_list y = Halves::apply(x);
  EXPECT_TRUE(y[0].requires_grad());
  EXPECT_FALSE(y[1].requires_grad());
  y[0].sum().backward();
  EXPECT_TRUE(same(x.grad(), tensor({0.5, 0.5})));
}

TEST(Names, OfGradsArguments) {
  const Tensor x = ones({2}, requires_grad()), unused = ones({1}, requires_grad());
  const Tensor y = x * 3;
  const auto gradients =
      autograd::grad(/*outputs=*/{y}, /*inputs=*/{x, unused}, /*grad_outputs=*/{tensor({1.0, 2.0})},
                     /*retain_graph=*/true, /*create_graph=*/false, /*allow_unused=*/true);
  EXPECT_TRUE(same(gradients[0], tensor({3.0, 6.0})));
  EXPECT_FALSE(gradients[1].defined());
}

struct Quiet : nn::Module {
  void pretty_print(std::ostream& stream) const override { stream << "hush"; }
};

TEST(Names, OfReductionsAndPrinting) {
  const Tensor x = tensor({1.0, 3.0}), y = zeros({2});
  EXPECT_EQ(nn::MSELoss(nn::MSELossOptions().reduction(kMean))(x, y).item<float>(), 5);
  EXPECT_EQ(nn::MSELoss(nn::MSELossOptions().reduction(kSum))(x, y).item<float>(), 10);
  std::ostringstream text;
  text << Quiet();
  EXPECT_EQ(text.str(), "hush");
}

}  // namespace
}  // namespace portable
