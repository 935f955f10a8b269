// The tape, as far as Gradus and libtorch agree: hooks, custom ops, writes through views, messages.
#include "tests/portable/framework.h"

namespace portable {
namespace {

using autograd::AutogradContext;
using autograd::variable_list;

Tensor leaf() { return tensor({1.0, 2.0, 3.0, 4.0}, kFloat64).view({2, 2}).requires_grad_(); }
Tensor numbers(std::vector<double> values) { return tensor(values, kFloat64).view({2, 2}); }

// ---- Hooks and retained gradients ------------------------------------------------------------------------------------

TEST(Hook, OfALeafAndOfATensorInside) {
  const Tensor x = leaf(), y = x * 3;
  std::vector<int> order;
  const unsigned doubling = y.register_hook([&](Tensor g) { return order.push_back(1), g * 2; });
  y.register_hook([&](Tensor g) {
    order.push_back(2);
    EXPECT_EQ(g[0][0].item<double>(), 2);
  });
  x.register_hook([&](Tensor g) { return order.push_back(3), g + 1; });
  y.sum().backward({}, /*retain_graph=*/true);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(same(x.grad(), numbers({7, 7, 7, 7})));
  y.remove_hook(doubling);
  EXPECT_TRUE(fails_with("Invalid index, no hook at position 7", [&] { y.remove_hook(7); }));
  EXPECT_TRUE(fails_with("cannot register a hook on a variable that doesn't require gradient",
                         [] { ones({2}).register_hook([](Tensor) {}); }));
}

TEST(RetainGrad, AddsUp) {
  const Tensor x = leaf(), y = x * x;
  y.retain_grad();
  EXPECT_TRUE(y.retains_grad() && !x.retains_grad());
  (y * 3).sum().backward({}, /*retain_graph=*/true);
  EXPECT_TRUE(same(y.grad(), numbers({3, 3, 3, 3})));
  EXPECT_TRUE(fails_with("can't retain_grad on Tensor that has requires_grad=False",
                         [] { ones({2}).retain_grad(); }));
}

// ---- Writes --------------------------------------------------------------------------------------------------------

TEST(Write, ThroughAViewReachesBaseAndOtherViews) {
  const Tensor x = leaf(), y = x * 1, row = y[0], other = y.t();
  row.mul_(x[1]);
  EXPECT_EQ(y._version(), 1);
  EXPECT_TRUE(row.requires_grad() && !row.is_leaf());
  (other * numbers({1, 2, 3, 4}).t()).sum().backward();
  EXPECT_TRUE(same(x.grad(), numbers({3, 8, 3 + 1, 4 + 4})));
}

TEST(Write, BringsAConstantIntoTheGraph) {
  const Tensor x = leaf();
  Tensor table = zeros({2, 2}, kFloat64);
  const Tensor before = table[1];
  table[0][1] = x[1][0] * x[1][1];
  table.index_put_({1, indexing::Slice()}, x[0]);
  EXPECT_TRUE(table.requires_grad() && before.requires_grad());
  (table * numbers({1, 2, 3, 4})).sum().backward();
  EXPECT_TRUE(same(x.grad(), numbers({3, 4, 8, 6})));
}

TEST(Write, OverAResultStopsItsGradient) {
  const Tensor x = leaf(), y = x * 2;
  y.copy_(ones({2, 2}));
  y.sum().backward();
  EXPECT_TRUE(same(x.grad(), zeros({2, 2}, kFloat64)));
}

TEST(Write, OfADetachedTensorIsNotRecorded) {
  const Tensor x = leaf();
  x.data().sub_(1);
  x.detach().t().mul_(2);
  {
    NoGradGuard no_grad;
    x[0].add_(1);
  }
  EXPECT_TRUE(same(x.detach(), numbers({1, 3, 4, 6})));
}

TEST(Write, MistakesAreNamed) {
  const Tensor x = leaf(), y = x * 1, z = y * y, e = x.exp();
  EXPECT_TRUE(fails_with("a leaf Variable that requires grad is being used in an in-place operation",
                         [&] { x.mul_(2); }));
  EXPECT_TRUE(
      fails_with("a view of a leaf Variable that requires grad is being used in an in-place operation",
                 [&] { x[0].mul_(2); }));
  EXPECT_TRUE(
      fails_with("more than one element of the written-to tensor refers to a single memory location", [&] {
        zeros({1, 3}).expand({2, 3}).add_(1);
      }));
  EXPECT_TRUE(fails_with("Can't detach views in-place. Use detach() instead", [&] { y[0].detach_(); }));
  Tensor unrecorded;
  {
    NoGradGuard no_grad;
    unrecorded = y[0];
  }
  EXPECT_TRUE(
      fails_with("view was created in no_grad mode and is being modified inplace with grad mode enabled",
                 [&] { unrecorded.mul_(2); }));
  y.add_(1);
  EXPECT_TRUE(fails_with(
      "one of the variables needed for gradient computation has been modified by an inplace operation",
      [&] { z.sum().backward(); }));
  e.add_(1);
  EXPECT_TRUE(fails_with("is at version 1; expected version 0 instead", [&] { e.sum().backward(); }));
}

// ---- Custom ops ----------------------------------------------------------------------------------------------------

struct ScaleInPlace : autograd::Function<ScaleInPlace> {
  static variable_list forward(AutogradContext* ctx, int64_t n, autograd::Variable x) {
    ctx->saved_data["n"] = n;
    ctx->saved_data["half"] = 0.5;
    ctx->saved_data["yes"] = true;
    x.mul_(n);
    ctx->mark_dirty({x});
    return {x};
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    EXPECT_TRUE(ctx->saved_data["yes"].toBool());
    EXPECT_EQ(ctx->saved_data["half"].toDouble(), 0.5);
    return {Tensor(), gradients[0] * ctx->saved_data["n"].toInt()};
  }
};

TEST(Function, MayWriteIntoItsInput) {
  const Tensor x = leaf(), y = x * 1;
  const Tensor z = ScaleInPlace::apply(int64_t{3}, y)[0];
  EXPECT_TRUE(z.is_same(y));
  (y * 2).sum().backward();
  EXPECT_TRUE(same(x.grad(), numbers({6, 6, 6, 6})));
}

struct Cube : autograd::Function<Cube> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& unused) {
    ctx->set_materialize_grads(false);
    ctx->save_for_backward({x});
    return x * x * x + 0 * unused;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    EXPECT_TRUE(ctx->needs_input_grad(0) && !ctx->needs_input_grad(1));
    const Tensor x = ctx->get_saved_variables()[0];
    return {gradients[0] * 3 * x * x, Tensor()};
  }
};

TEST(Function, IsDifferentiatedTwice) {
  const Tensor x = leaf();
  const Tensor first = autograd::grad({Cube::apply(x, ones({2, 2}, kFloat64)).sum()}, {x}, {}, {}, true)[0];
  const Tensor second = autograd::grad({first.sum()}, {x})[0];
  EXPECT_TRUE(same(second, 6 * x.detach()));
}

/// Like fails_with, for errors that libtorch throws as a plain std::runtime_error. Gradus's Error is
/// derived from it.
template <class Statement>
testing::AssertionResult raises(const std::string& text, Statement statement) {
  try {
    statement();
  } catch (const std::runtime_error& error) {
    if (std::string(error.what()).find(text) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "the error says: " << error.what();
  }
  return testing::AssertionFailure() << "no error; expected: " << text;
}

// ---- Messages ------------------------------------------------------------------------------------------------------

TEST(Message, OfBackwardAndGrad) {
  const Tensor x = leaf();
  EXPECT_TRUE(
      fails_with("grad can be implicitly created only for scalar outputs", [&] { (x * 2).backward(); }));
  EXPECT_TRUE(fails_with("element 0 of tensors does not require grad and does not have a grad_fn",
                         [&] { x.detach().sum().backward(); }));
  EXPECT_TRUE(fails_with("One of the differentiated Tensors appears to not have been used in the graph",
                         [&] { autograd::grad({x.sum()}, {leaf()}); }));
  EXPECT_TRUE(raises("you can only change requires_grad flags of leaf variables",
                     [&] { (x * 1).requires_grad_(false); }));
  const Tensor y = x.exp().sum();
  y.backward();
  EXPECT_TRUE(fails_with("Trying to backward through the graph a second time", [&] { y.backward(); }));
}

TEST(Message, OfAnomalyMode) {
  const Tensor x = zeros({2}, kFloat64).requires_grad_();
  autograd::DetectAnomalyGuard detect_anomaly;
  EXPECT_TRUE(raises("Function 'SqrtBackward0' returned nan values in its 0th output.",
                     [&] { (x.sqrt() * 0).sum().backward(); }));
}

TEST(Place, OnTheTape) {
  const Tensor x = leaf(), y = x.exp();
  EXPECT_EQ(y.grad_fn()->name(), "ExpBackward0");
  EXPECT_EQ(y.output_nr(), 0);
  EXPECT_TRUE(x.is_leaf() && !y.is_leaf());
  const Tensor z = x * 2;
  z.detach_();
  EXPECT_TRUE(z.is_leaf() && !z.requires_grad());
  const Tensor w = leaf();
  w.set_data(ones({3}, kFloat64));
  EXPECT_TRUE(w.is_leaf() && w.requires_grad() && w.numel() == 3);
}

}  // namespace
}  // namespace portable
