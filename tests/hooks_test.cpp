// Observing a backward pass: hooks, retained gradients, and anomaly mode.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "autograd/engine.h"
#include "expectations.h"
#include "gradus.h"
#include "tensors.h"

using namespace gradus;
using autograd::AnomalyMode;
using autograd::DetectAnomalyGuard;
using autograd::live_node_count;

namespace {

// ---- Hooks ---------------------------------------------------------------------------------------------------------

TEST(Hook, SeesAndReplacesTheGradientInTheOrderOfRegistration) {
  const Tensor x = leaf({1, 2}), y = x * 3;
  Tensor seen;
  const unsigned first = y.register_hook([](Tensor g) { return g * 10; });
  const unsigned second = y.register_hook([&](Tensor g) { seen = g; });
  EXPECT_EQ(first, 0u);
  EXPECT_EQ(second, 1u);
  y.sum().backward({}, /*retain_graph=*/true);
  EXPECT_TRUE(seen.equal(constant({10, 10})));
  EXPECT_TRUE(x.grad().equal(constant({30, 30})));
  y.remove_hook(first);
  x.mutable_grad().reset();
  y.sum().backward();
  EXPECT_TRUE(seen.equal(constant({1, 1})));
  EXPECT_TRUE(x.grad().equal(constant({3, 3})));
  EXPECT_EQ(y.register_hook([](Tensor) {}), 2u);  // handles are not reused
}

TEST(Hook, OfALeafSeesTheSumBeforeItIsAccumulated) {
  const Tensor x = leaf({1, 2});
  int calls = 0;
  x.register_hook([&](const Tensor& g) {
    ++calls;
    EXPECT_TRUE(g.equal(constant({5, 5})));
    return -g;
  });
  for (int pass = 1; pass <= 2; ++pass) {  // each pass records a new graph with a new node for the leaf
    (x * 2 + x * 3).sum().backward();
    EXPECT_EQ(calls, pass);
    EXPECT_TRUE(x.grad().equal(constant({-5.0 * pass, -5.0 * pass})));
  }
  const Tensor graph = (x * 5).sum();
  EXPECT_TRUE(autograd::grad(graph, x)[0].equal(constant({-5, -5})));
}

TEST(Hook, IsCalledOnceForOneOfSeveralOutputs) {
  const Tensor x = leaf({{3, 1}, {2, 4}});
  const auto [values, indices] = x.max(1);
  values.register_hook([](Tensor g) { return g * 2; });
  (values + values).sum().backward();
  EXPECT_TRUE(x.grad().equal(constant({{4, 0}, {0, 4}})));
}

TEST(Hook, IsRecordedUnderCreateGraph) {
  const Tensor x = leaf(3), y = x * x;
  y.register_hook([&](Tensor g) { return g * x; });  // as if the derivative of y were 2x·x
  const Tensor first = autograd::grad(y, x, {}, {}, /*create_graph=*/true)[0];
  EXPECT_EQ(first.item<double>(), 2 * 9);
  EXPECT_EQ(autograd::grad(first, x)[0].item<double>(), 4 * 3);
}

TEST(Hook, StaysWithTheOpWhenTheTensorIsChangedInPlace) {
  const Tensor x = leaf({1, 2}), y = x * 2;
  Tensor seen;
  y.register_hook([&](Tensor g) { seen = g; });
  y.mul_(3);
  y.sum().backward();
  EXPECT_TRUE(seen.equal(constant({3, 3})));  // the gradient of y before it was multiplied by 3
}

// ---- Passes inside hooks ---------------------------------------------------------------------------------------------

/// A hook that computes the gradient of Σ 100 f(x) by x in a pass of its own, the first time it is called.
auto inner_pass(const Tensor& x, Tensor& inner, const std::function<Tensor(Tensor)>& f) {
  return [&x, &inner, f](const Tensor& g) {
    const AutoGradMode recording(true);
    if (!inner.defined()) {
      inner = zeros({2}, kFloat64);
      inner = autograd::grad({(f(x) * 100).sum()}, {x}, {}, /*retain_graph=*/true)[0];
    }
    return g * 1;  // the inner pass must not take the gradient away
  };
}

TEST(Hook, OfALeafMayRunAPassThroughTheLeaf) {
  const Tensor x = leaf({1, 2});
  Tensor inner;
  x.register_hook(inner_pass(x, inner, [](const Tensor& x) { return x; }));
  for (int pass = 1; pass <= 2; ++pass) {
    inner.reset();
    (x * 3).sum().backward();
    EXPECT_TRUE(inner.equal(constant({100, 100})));
    EXPECT_TRUE(x.grad().equal(constant({3.0 * pass, 3.0 * pass})));
  }
}

TEST(Hook, OfAResultMayRunAPassThroughTheResult) {
  const Tensor x = leaf({1, 2}), y = x * x, z = x * 7;
  Tensor inner;
  y.register_hook(inner_pass(x, inner, [&](const Tensor&) { return y * z; }));
  y.retain_grad();
  (y * 3 + z).sum().backward({}, /*retain_graph=*/true);
  EXPECT_TRUE(inner.equal(constant({2100, 8400})));    // 100 d(7 x³)
  EXPECT_TRUE(y.grad().equal(constant({703, 1403})));  // y retains the gradients of both passes, 100 z and 3
  EXPECT_TRUE(x.grad().equal(constant({13, 19})));
}

TEST(Hook, OfOneOutputMayRunAPassThroughTheOthers) {
  const Tensor x = leaf({{3, 1}, {2, 4}});
  const auto [U, S, V] = svd(x);
  int calls = 0;
  // The node of svd owns the hook. A hook that owned U and V would be a cycle, because they own the node.
  S.register_hook([&, &U = U, &V = V](const Tensor& g) {
    if (++calls == 1) {
      const AutoGradMode recording(true);
      autograd::grad({(U * U + V).sum()}, {x}, {}, /*retain_graph=*/true);
    }
    return g;
  });
  const Tensor loss = S.sum() + (U * V).sum() * 2;
  loss.backward({}, /*retain_graph=*/true);
  const Tensor with_inner = x.grad().clone();
  x.mutable_grad().reset();
  loss.backward();
  EXPECT_TRUE(x.grad().equal(with_inner));
}

TEST(Hook, MayCallBackward) {
  const Tensor x = leaf({1, 2});
  bool nested = false;
  x.register_hook([&](Tensor g) {
    const AutoGradMode recording(true);
    if (!std::exchange(nested, true)) (x * 100).sum().backward();
    return g;
  });
  (x * 3).sum().backward();
  EXPECT_TRUE(x.grad().equal(constant({103, 103})));
}

TEST(Hook, ThatThrowsLeavesNothingBehind) {
  const Tensor x = leaf({1, 2}), y = leaf({1, 2}), z = x * 5;
  bool throws = false;
  for (const Tensor& hooked : {x, y})
    hooked.register_hook([&](const Tensor& g) {
      if (throws) throw std::runtime_error("from a hook");
      return g;
    });
  z.register_hook([&](const Tensor& g) {  // its pass inside the pass ends with the exception from x's hook
    const AutoGradMode recording(true);
    if (throws) {
      EXPECT_THROW(autograd::grad({(x * 100).sum()}, {x}), std::runtime_error);
    }
    return g;
  });
  const Tensor loss = (z * 2 + y * 3).sum();
  throws = true;
  EXPECT_THROW(loss.backward({}, /*retain_graph=*/true), std::runtime_error);
  EXPECT_EQ(autograd::BackwardPass::current_node(), nullptr);
  throws = false;
  x.mutable_grad().reset(), y.mutable_grad().reset();
  loss.backward();
  EXPECT_TRUE(x.grad().equal(constant({10, 10}))) << x.grad();
  EXPECT_TRUE(y.grad().equal(constant({3, 3}))) << y.grad();
}

TEST(Hook, MayDropTheLossThatThePassStartedFrom) {
  const Tensor x = leaf({1, 2});
  Tensor y = x * 3, loss = (y * y).sum();
  loss.register_hook([&](const Tensor& g) {
    loss.reset();
    y.reset();
    return g;
  });
  loss.backward();
  EXPECT_TRUE(x.grad().equal(constant({18, 36})));
  y = x * 3;
  y.register_hook([&](const Tensor& g) {
    y.reset();
    return g;
  });
  const std::vector<Tensor> gradients = autograd::grad(y, x, {constant({1, 1})});
  EXPECT_TRUE(gradients[0].equal(constant({3, 3})));
}

// ---- Mistakes --------------------------------------------------------------------------------------------------------

TEST(Hook, MistakesAreNamed) {
  const Tensor x = leaf({1, 2});
  EXPECT_ERROR(ones({2}).register_hook([](Tensor) {}),
               "cannot register a hook on a variable that doesn't require gradient");
  EXPECT_ERROR(x.remove_hook(7), "Invalid index, no hook at position 7");
  x.register_hook([](Tensor g) { return g.sum(); });
  EXPECT_ERROR((x * 2).sum().backward(), "hook '0' has changed the size of value: from (2,) to ()");
  EXPECT_FALSE(x.grad().defined());
  x.remove_hook(0);
  x.register_hook([](Tensor g) { return g.to(kFloat32); });
  EXPECT_ERROR((x * 2).sum().backward(), "hook '1' has changed the type of value: from float64 to float32");
}

TEST(Hook, LeavesNoNodes) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({1, 2}), y = x.exp();
    x.register_hook([](Tensor) {});
    y.register_hook([](Tensor) {});
    y.retain_grad();
    y.sum().backward();
  }
  EXPECT_EQ(live_node_count(), before);
}

// ---- retain_grad ---------------------------------------------------------------------------------------------------

TEST(RetainGrad, KeepsTheGradientOfATensorInsideTheGraph) {
  const Tensor x = leaf({1, 2}), y = x * x, z = y * 3;
  y.retain_grad();
  EXPECT_TRUE(y.retains_grad());
  EXPECT_FALSE(z.retains_grad() || x.retains_grad());
  z.sum().backward({}, /*retain_graph=*/true);
  EXPECT_TRUE(y.grad().equal(constant({3, 3})));
  EXPECT_FALSE(z.grad().defined());
  z.sum().backward();
  EXPECT_TRUE(y.grad().equal(constant({6, 6})));  // the gradients add up, as for a leaf
  y.mutable_grad().reset();
  EXPECT_FALSE(y.grad().defined());
}

TEST(RetainGrad, ComesAfterTheHooks) {
  const Tensor x = leaf({1, 2}), y = x * x;
  y.retain_grad();
  y.register_hook([](Tensor g) { return g * 10; });
  y.sum().backward();
  EXPECT_TRUE(y.grad().equal(constant({10, 10})));
}

TEST(RetainGrad, StaysAfterAnInPlaceOp) {
  const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 2, row = y[0];
  y.retain_grad();
  row.retain_grad();
  y.mul_(3);
  (y.sum() + row.sum() * 10).backward();
  EXPECT_TRUE(y.grad().equal(constant({{11, 11}, {1, 1}})));
  EXPECT_TRUE(row.grad().equal(constant({10, 10})));
}

TEST(RetainGrad, OfALeafChangesNothing) {
  const Tensor x = leaf({1, 2});
  x.retain_grad();
  x.sum().backward();
  EXPECT_TRUE(x.grad().equal(constant({1, 1})));
  EXPECT_ERROR(ones({2}).retain_grad(), "can't retain_grad on Tensor that has requires_grad=False");
}

// ---- Anomaly mode --------------------------------------------------------------------------------------------------

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

// This function is not in the unnamed namespace, so that the program's symbol table has its name.
[[gnu::noinline]] Tensor the_line_at_fault(const Tensor& x) {
  Tensor y = x.sqrt();
  return y * 0;  // sqrt's backward at 0 is 0 · ∞ = NaN
}

namespace {

TEST(Anomaly, NamesTheOpAndWhereItWasRecorded) {
  const DetectAnomalyGuard detect_anomaly;
  const Tensor x = leaf({4, 0});
  const std::string message = message_of([&] { the_line_at_fault(x + 0).sum().backward(); });
  EXPECT_TRUE(message.starts_with("Function 'SqrtBackward0' returned nan values in its 0th output.\n"))
      << message;
  EXPECT_NE(message.find("%1  add   x1      (2,)\n%2  sqrt  %1      (2,)"), std::string::npos) << message;
#if __has_include(<execinfo.h>)
  const bool has_backtrace = true;
#else
  const bool has_backtrace = false;
#endif
  EXPECT_EQ(message.find("the_line_at_fault(gradus::Tensor const&)") != std::string::npos, has_backtrace)
      << message;
  EXPECT_FALSE(x.grad().defined());
}

TEST(Anomaly, NamesTheInputByItsIndex) {
  const DetectAnomalyGuard detect_anomaly;
  const Tensor a = constant({1, 2}), b = leaf({1, 0});
  EXPECT_ERROR((a / b * 0).sum().backward(), "returned nan values in its 1th output");
}

TEST(Anomaly, IsOffUnlessAsked) {
  const Tensor x = leaf({4, 0});
  const auto nan_gradient = [&] { (x.sqrt() * 0).sum().backward(); };
  EXPECT_EQ(message_of(nan_gradient), "no error");
  EXPECT_TRUE(std::isnan(x.grad()[1].item<double>()));
  {
    const DetectAnomalyGuard only_places(/*check_nan=*/false);
    EXPECT_EQ(message_of(nan_gradient), "no error");
    {
      const DetectAnomalyGuard inner;
      EXPECT_NE(message_of(nan_gradient), "no error");
    }
    EXPECT_FALSE(AnomalyMode::should_check_nan());
    EXPECT_TRUE(AnomalyMode::is_enabled());
  }
  EXPECT_FALSE(AnomalyMode::is_enabled());
  const Tensor y = (x.sqrt() * 0).sum();  // recorded before anomaly mode is on
  AnomalyMode::set_enabled(true);
  EXPECT_NE(message_of([&] { y.backward(); }).find("anomaly mode was off then"), std::string::npos);
  AnomalyMode::set_enabled(false);
}

TEST(Anomaly, TellsWhereAnOverwrittenTensorWasSaved) {
  const DetectAnomalyGuard detect_anomaly;
  const Tensor x = leaf({1, 2}), y = x.exp();
  y.add_(1);
  const std::string message = message_of([&] { y.sum().backward(); });
  EXPECT_NE(message.find("exp saved a float64 tensor"), std::string::npos);
  EXPECT_NE(message.find("%1  exp   x1      (2,)"), std::string::npos) << message;
}

}  // namespace
