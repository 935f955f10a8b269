// What backward and grad do, in which order, and which mistakes raise errors.
#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <thread>

#include "expectations.h"
#include "gradus.h"
#include "tensors.h"

using namespace gradus;
using autograd::AutogradContext;
using autograd::live_node_count;
using autograd::variable_list;

namespace {

// ---- Order ---------------------------------------------------------------------------------------------------------

std::vector<std::string> visited;

/// The identity. It notes when its backward runs.
struct Trace : autograd::Function<Trace> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const std::string& name) {
    ctx->set_materialize_grads(false);
    names.push_back(name);
    ctx->save_for_backward({tensor(static_cast<int64_t>(names.size()) - 1)});
    return x.clone();
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    visited.push_back(names[ctx->get_saved_variables()[0].item<int64_t>()]);
    return {gradients[0], Tensor()};
  }
  static inline std::vector<std::string> names;
};

TEST(Order, IsTheReverseOfRecording) {
  visited.clear();
  const Tensor x = leaf(2);
  const Tensor a = Trace::apply(x, "a"), b = Trace::apply(x * a, "b"), c = Trace::apply(a * 3, "c");
  Trace::apply(x, "not part of the sum");
  (Trace::apply(c, "d") + b).backward();
  // Each node is visited once, when its gradient is complete.
  EXPECT_EQ(visited, (std::vector<std::string>{"d", "c", "b", "a"}));
  EXPECT_EQ(x.grad().item<double>(), 2 * 2 + 3);
}

TEST(Order, SharedNodesAreVisitedOnce) {
  visited.clear();
  const Tensor a = leaf(1);
  Tensor y = a;
  for (int i = 0; i < 40; ++i) y = Trace::apply(y + y, std::to_string(i));  // 2⁴⁰ paths
  y.backward();
  EXPECT_EQ(visited.size(), 40u);
  EXPECT_EQ(a.grad().item<double>(), std::pow(2, 40));
}

TEST(Order, NodesCarryNamesAndGrowingNumbers) {
  const Tensor a = leaf(2), b = a.exp(), c = b * b;
  EXPECT_EQ(b.grad_fn()->name(), "ExpBackward0");
  EXPECT_LT(b.grad_fn()->number(), c.grad_fn()->number());
  EXPECT_EQ(a.grad_fn(), nullptr);
  EXPECT_TRUE(a.is_leaf() && !c.is_leaf() && c.requires_grad());
}

// ---- .grad ---------------------------------------------------------------------------------------------------------

TEST(Grad, AddsUpUntilItIsReset) {
  const Tensor x = leaf({1, 2});
  EXPECT_FALSE(x.grad().defined());
  x.square().sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({2.0, 4.0}, kFloat64)));
  x.square().sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({4.0, 8.0}, kFloat64)));
  x.mutable_grad().reset();
  EXPECT_FALSE(x.grad().defined());
  x.sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({1.0, 1.0}, kFloat64)));
  x.grad().mul_(0.5);
  x.mutable_grad() = Tensor();
  EXPECT_FALSE(x.grad().defined());
}

TEST(Grad, IsNotSharedBetweenTensors) {
  const Tensor a = leaf({1, 2}), b = leaf({3, 4}), start = ones({2}, kFloat64);
  (a + b).backward(start);
  a.grad().zero_();
  EXPECT_TRUE(b.grad().equal(ones({2}, kFloat64)));
  EXPECT_TRUE(start.equal(ones({2}, kFloat64)));
}

TEST(Grad, OfBroadcastInputsIsSummed) {
  const Tensor row = leaf({1, 2, 3}), column = leaf({{1}, {2}}), number = leaf(2);
  (row * column + number).sum().backward();
  EXPECT_TRUE(row.grad().equal(tensor({3.0, 3.0, 3.0}, kFloat64)));
  EXPECT_TRUE(column.grad().equal(tensor({{6.0}, {6.0}}, kFloat64)));
  EXPECT_EQ(number.grad().item<double>(), 6);
  EXPECT_EQ(number.grad().dim(), 0);
}

TEST(Grad, HasTheDtypeOfItsTensor) {
  const Tensor single = ones({2}, requires_grad()), twice = leaf({1, 2});
  (single * twice).sum().backward();
  EXPECT_EQ(single.grad().dtype(), kFloat32);
  EXPECT_EQ(twice.grad().dtype(), kFloat64);
}

// In a layer, Y = X Wᵀ. The gradient of W should be contiguous, so that it need not be copied.
TEST(Grad, OfATransposedFactorIsContiguous) {
  const Tensor x = leaf({{1, 2, 3}, {4, 5, 6}}), w = leaf({{1, 0, 2}, {0, 3, 1}, {1, 1, 1}, {2, 0, 5}});
  const Tensor g = tensor({{1, 2, 3, 4}, {5, 6, 7, 8}}, kFloat64);
  const std::vector<Tensor> right = autograd::grad({mm(x, w.t())}, {w}, {g}),
                            left = autograd::grad({mm(w, x.t())}, {x}, {g.t()});
  EXPECT_TRUE(right[0].is_contiguous() && left[0].is_contiguous());
  EXPECT_TRUE(equal(right[0], mm(g.t(), x)));
  EXPECT_TRUE(equal(left[0], mm(g, w)));
  const std::vector<Tensor> first = autograd::grad({mm(w.t(), g.t())}, {w}, {ones({3, 2}, kFloat64)});
  EXPECT_TRUE(first[0].is_contiguous());
  EXPECT_TRUE(equal(first[0], mm(g.t(), ones({2, 3}, kFloat64))));
}

TEST(Grad, OfALeafByItselfIsOne) {
  const Tensor x = leaf(3);
  x.backward();
  EXPECT_EQ(x.grad().item<double>(), 1);
}

TEST(Grad, OfStepFunctionsIsZeroNotUndefined) {
  for (const auto step : {&gradus::sign, &gradus::round, &gradus::floor, &gradus::ceil}) {
    const Tensor x = tensor({-1.25, 0.75}, requires_grad());
    step(x).sum().backward();
    ASSERT_TRUE(x.grad().defined());
    EXPECT_TRUE(equal(x.grad(), zeros({2})));
  }
}

TEST(Grad, AtKinks) {
  const auto slope = [](Tensor (*f)(const Tensor&), double at) {
    const Tensor x = leaf(at);
    f(x).backward();
    return x.grad().item<double>();
  };
  EXPECT_EQ(slope(abs, 0), 0);
  EXPECT_EQ(slope(relu, 0), 0);
  EXPECT_EQ(slope([](const Tensor& x) { return norm(x.view({1})); }, 0), 0);
  EXPECT_EQ(slope([](const Tensor& x) { return x.expand({3}).std(); }, 2), 0);
  EXPECT_EQ(slope([](const Tensor& x) { return clamp(x, 0, 1); }, 1), 1);
  EXPECT_EQ(slope([](const Tensor& x) { return maximum(x, zeros_like(x)); }, 0), 0.5);
  EXPECT_EQ(slope([](const Tensor& x) { return minimum(x, zeros_like(x)); }, 0), 0.5);
  EXPECT_EQ(slope([](const Tensor& x) { return pow(x, 0); }, 0), 0);
  EXPECT_EQ(slope([](const Tensor& x) { return pow(x, zeros_like(x)); }, 0), 0);
  EXPECT_EQ(slope([](const Tensor& x) { return pow(zeros_like(x), x); }, 2), 0);

  const Tensor x = leaf({3, 1, 3});
  x.max().backward();
  EXPECT_TRUE(x.grad().equal(tensor({0.5, 0.0, 0.5}, kFloat64)));  // equal elements share the gradient
  x.mutable_grad().reset();
  x.max().backward(tensor(INFINITY, kFloat64));
  EXPECT_EQ(x.grad()[1].item<double>(), 0);
  x.mutable_grad().reset();
  std::get<0>(x.max(0)).backward();
  EXPECT_TRUE(x.grad().equal(tensor({1.0, 0.0, 0.0}, kFloat64)));  // the element at the index gets all of it
}

TEST(Grad, OfMinimumPropagatesNaN) {
  const Tensor x = leaf({NAN, 1});
  minimum(x, tensor({0.0, 0.0}, kFloat64)).backward(tensor({NAN, 1.0}, kFloat64));
  EXPECT_TRUE(std::isnan(x.grad()[0].item<double>()));
  EXPECT_EQ(x.grad()[1].item<double>(), 0);
}

TEST(Grad, OfACumulativeSumHasNoCancellation) {
  const Tensor x = ones({3}, requires_grad());
  x.cumsum(0).backward(tensor({1e8, 1.0, 1.0}));
  EXPECT_TRUE(equal(x.grad(), tensor({1e8, 2.0, 1.0})));
}

// Otherwise backward would use indices whose range was never checked.
TEST(Grad, IsAnErrorIfIndicesHaveChanged) {
  const Tensor table = ones({3, 2}, requires_grad()), indices = tensor({0, 1});
  const Tensor y = embedding(table, indices).sum(), z = table.index_select(0, indices).sum();
  indices.fill_(1000000);
  EXPECT_ERROR(y.backward(), "modified by an inplace operation");
  EXPECT_ERROR(z.backward(), "modified by an inplace operation");
}

TEST(Grad, AfterSetDataHasTheNewShapeAndDtype) {
  const Tensor x = ones({3}, requires_grad());
  const Tensor older = x.sum();
  x.set_data(ones({2}, kFloat64));
  x.sum().backward();
  EXPECT_EQ(x.grad().dtype(), kFloat64);
  EXPECT_EQ(x.grad().sizes(), IntArrayRef(2));
  EXPECT_ERROR(older.backward(),
               "a gradient of shape (3,) arrived at the output of leaf, whose shape is (2,)");
}

// ---- backward's arguments ------------------------------------------------------------------------------------------

TEST(Backward, TakesAGradient) {
  const Tensor x = leaf({1, 2});
  x.square().backward(tensor({10, 100}, kFloat64));
  EXPECT_TRUE(x.grad().equal(tensor({20.0, 400.0}, kFloat64)));
}

TEST(Backward, OfSeveralTensorsAtOnce) {
  const Tensor x = leaf({1, 2}), y = x * 2, z = x.square();
  autograd::backward({y.sum(), z}, {Tensor(), ones({2}, kFloat64)});
  EXPECT_TRUE(x.grad().equal(tensor({4.0, 6.0}, kFloat64)));
}

TEST(Backward, MistakesAreNamed) {
  const Tensor x = leaf({1, 2});
  EXPECT_ERROR((x * 2).backward(), "grad can be implicitly created only for scalar outputs");
  EXPECT_ERROR(x.detach().sum().backward(),
               "element 0 of tensors does not require grad and does not have a grad_fn");
  EXPECT_ERROR((x * 2).backward(ones({3}, kFloat64)), "gradient is (3,)");
  EXPECT_ERROR(Tensor().backward(), "undefined");
  EXPECT_ERROR(arange(3).requires_grad_(), "only Tensors of floating point dtype can require gradients");
  EXPECT_ERROR((x * 2).requires_grad_(false), "you can only change requires_grad flags of leaf variables");
}

TEST(Backward, ASecondTimeNeedsRetainGraph) {
  const Tensor x = leaf({1, 2}), y = x.exp().sum();
  y.backward({}, /*retain_graph=*/true);
  y.backward();
  EXPECT_ERROR(y.backward(), "Trying to backward through the graph a second time");
  EXPECT_TRUE(x.grad().allclose(2 * x.detach().exp()));
  const Tensor linear = (x * 2 + 1).sum();  // saves nothing, so nothing was freed
  linear.backward();
  linear.backward();
}

TEST(Backward, ASecondTimeThroughASharedPart) {
  const Tensor x = leaf({1, 2}), shared = x.exp();
  shared.sum().backward();
  EXPECT_ERROR((shared * 2).sum().backward(), "Trying to backward through the graph a second time");
}

TEST(Backward, ReachesOnlyTheInputsAsked) {
  const Tensor a = leaf(2), b = leaf(3);
  const variable_list asked = {a};
  (a * b).backward({}, {}, false, asked);
  EXPECT_EQ(a.grad().item<double>(), 3);
  EXPECT_FALSE(b.grad().defined());
  (a * b).backward({}, {}, false, asked);
  EXPECT_EQ(a.grad().item<double>(), 6);
}

TEST(Backward, CanBeDifferentiated) {
  const Tensor x = leaf(2);
  Tensor derivative = x.pow(4);
  for (const double expected : {4 * 8.0, 12 * 4.0, 24 * 2.0, 24.0}) {  // 4x³, 12x², 24x, 24
    derivative = autograd::grad(derivative, x, {}, {}, /*create_graph=*/true)[0];
    EXPECT_DOUBLE_EQ(derivative.item<double>(), expected);
  }
}

TEST(Backward, WithCreateGraphRecordsTheGradient) {
  const Tensor x = leaf(3);
  x.pow(3).backward({}, {}, /*create_graph=*/true);
  EXPECT_TRUE(x.grad().requires_grad());
  const Tensor penalty = x.grad().square();  // (3x²)², whose slope is 36x³
  EXPECT_DOUBLE_EQ(autograd::grad(penalty, x)[0].item<double>(), 36 * 27.0);
  x.mutable_grad().reset();  // breaks the cycle x → .grad → node → x, as the caller must do in PyTorch, too
}

// ---- grad() --------------------------------------------------------------------------------------------------------

TEST(GradFunction, ReturnsGradientsWithoutChangingDotGrad) {
  const Tensor a = leaf({1, 2}), b = leaf({3, 4});
  const auto gradients = autograd::grad((a * b).sum(), {a, b});
  EXPECT_TRUE(gradients[0].equal(b.detach()) && gradients[1].equal(a.detach()));
  EXPECT_FALSE(a.grad().defined() || b.grad().defined());
}

TEST(GradFunction, WorksForTensorsInsideTheGraph) {
  const Tensor x = leaf(2), y = x * x, z = y.exp();
  const auto gradients = autograd::grad(z, {y, x, z});
  EXPECT_DOUBLE_EQ(gradients[0].item<double>(), std::exp(4));
  EXPECT_DOUBLE_EQ(gradients[1].item<double>(), 4 * std::exp(4));
  EXPECT_EQ(gradients[2].item<double>(), 1);
}

TEST(GradFunction, WeightsOutputsByGradOutputs) {
  const Tensor x = leaf({1, 2});
  const Tensor g = autograd::grad({x * 2, x.square()}, x, {ones({2}, kFloat64), tensor({0, 1}, kFloat64)})[0];
  EXPECT_TRUE(g.equal(tensor({2.0, 6.0}, kFloat64)));
}

TEST(GradFunction, ReportsUnusedInputs) {
  const Tensor a = leaf(2), b = leaf(3);
  EXPECT_ERROR(
      autograd::grad(a * 2, {a, b}),
      "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True");
  const auto gradients = autograd::grad(a * 2, {a, b}, {}, {}, false, /*allow_unused=*/true);
  EXPECT_TRUE(gradients[0].defined() && !gradients[1].defined());
  EXPECT_ERROR(autograd::grad(a * 2, b.detach()), "does not require grad");
}

TEST(GradFunction, FreesTheGraphUnlessRetained) {
  const Tensor x = leaf(2), y = x.exp();
  autograd::grad(y, x, {}, /*retain_graph=*/true);
  autograd::grad(y, x);
  EXPECT_ERROR(autograd::grad(y, x), "a second time");
}

// ---- Without recording ---------------------------------------------------------------------------------------------

TEST(Recording, IsOffUnderNoGradGuard) {
  const Tensor x = leaf(2);
  {
    const NoGradGuard no_grad;
    EXPECT_FALSE((x * 2).requires_grad());
    {
      const AutoGradMode recording(true);
      EXPECT_TRUE((x * 2).requires_grad());
    }
    EXPECT_FALSE(GradMode::is_enabled());
    x.mul_(3);  // a leaf may be changed here
  }
  EXPECT_TRUE((x * 2).requires_grad());
  EXPECT_EQ(x.item<double>(), 6);
}

TEST(Recording, EndsAtDetach) {
  const Tensor x = leaf(2), y = x * x, constant = y.detach();
  EXPECT_FALSE(constant.requires_grad());
  EXPECT_TRUE(constant.is_alias_of(y));
  (constant * x).backward();
  EXPECT_EQ(x.grad().item<double>(), 4);
  const Tensor z = x * 3;
  z.detach_();
  EXPECT_TRUE(z.is_leaf() && !z.requires_grad());
}

TEST(Recording, IsOffForConstants) {
  const int64_t before = live_node_count();
  const Tensor a = ones({3}), b = (a * 2).exp().sum();
  EXPECT_EQ(live_node_count(), before);
  EXPECT_FALSE(b.requires_grad());
  const Tensor x = leaf({1, 2});
  EXPECT_FALSE(x.to(kInt64).requires_grad());
  EXPECT_FALSE((x > 1).requires_grad());
  EXPECT_FALSE(x.argmax().requires_grad());
}

// ---- Errors inside a rule ------------------------------------------------------------------------------------------

struct Throwing : autograd::Function<Throwing> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x.clone(); }
  static variable_list backward(AutogradContext*, variable_list) { throw Error("this rule always fails"); }
};

TEST(Exception, InARuleLeavesNoPartialGradient) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf(3), y = x * x;
    const Tensor older = Throwing::apply(y), newer = y * 2;  // newer's rule runs before older's fails
    const Tensor failing = older + newer + x;
    EXPECT_ERROR(failing.backward({}, /*retain_graph=*/true), "this rule always fails");
    EXPECT_TRUE(GradMode::is_enabled());
    EXPECT_FALSE(x.grad().defined());
    EXPECT_ERROR(autograd::grad(failing, x, {}, true), "this rule always fails");
    y.backward();  // this node had already received a gradient from newer
    EXPECT_EQ(x.grad().item<double>(), 6);
  }
  EXPECT_EQ(live_node_count(), before);
}

// ---- Threads -------------------------------------------------------------------------------------------------------

double train(double start) {
  const Tensor x = leaf({start, -start});
  for (int step = 0; step < 300; ++step) {
    ((x - 3).square() * x.sigmoid()).sum().backward();
    const NoGradGuard no_grad;
    x.sub_(x.grad(), 0.05);
    x.mutable_grad().reset();
  }
  return x.sum().item<double>();
}

TEST(Threads, WorkOnGraphsOfTheirOwn) {
  const double expected[] = {train(1), train(2)};
  const int64_t before = live_node_count();
  double got[2] = {};
  std::thread first([&] { got[0] = train(1); }), second([&] { got[1] = train(2); });
  first.join();
  second.join();
  EXPECT_EQ(got[0], expected[0]);
  EXPECT_EQ(got[1], expected[1]);
  EXPECT_EQ(live_node_count(), before);
}

TEST(Threads, MayRecordTheFirstOpOfALeafAtTheSameTime) {
  for (int i = 0; i < 200; ++i) {
    const Tensor x = leaf({1, 2});
    const auto work = [&] { (x * 2).sum().backward(); };
    std::thread other(work);
    work();
    other.join();
    EXPECT_TRUE(x.grad().equal(tensor({4.0, 4.0}, kFloat64)));
  }
}

TEST(Threads, MayDestroyALeafWhileAnotherRunsBackward) {
  for (int i = 0; i < 200; ++i) {
    Tensor x = leaf({1, 2});
    const Tensor y = (x + 1).exp().sum();
    std::thread other([&] { y.backward(); });
    x.reset();
    other.join();
  }
}

TEST(Threads, MayShareALeaf) {
  const Tensor x = leaf({1, 2});
  const auto work = [&] {
    for (int i = 0; i < 500; ++i) (x * 2 + 1).sum().backward();
  };
  std::thread first(work), second(work);
  first.join();
  second.join();
  EXPECT_TRUE(x.grad().equal(tensor({2000.0, 2000.0}, kFloat64)));
}

TEST(Threads, HaveGradModesOfTheirOwn) {
  const NoGradGuard no_grad;
  bool enabled = false;
  std::thread([&] { enabled = GradMode::is_enabled(); }).join();
  EXPECT_TRUE(enabled);
}

}  // namespace
