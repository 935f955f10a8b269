// autograd::Function<T>: ops that a user defines with forward and backward.
#include <gtest/gtest.h>

#include "autograd/tools/gradcheck.h"
#include "expectations.h"
#include "gradus.h"
#include "tensors.h"

using namespace gradus;
using autograd::AutogradContext;
using autograd::Function;
using autograd::gradcheck;
using autograd::gradgradcheck;
using autograd::live_node_count;
using autograd::variable_list;

namespace {

struct Cube : Function<Cube> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    return x * x * x;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const Tensor x = ctx->get_saved_variables()[0];
    return {gradients[0] * 3 * x * x};
  }
};

TEST(Function, IsDifferentiatedByItsBackward) {
  const Tensor x = leaf({{1, -2}, {3, 0.5}});
  const auto cube = [](const variable_list& in) { return Cube::apply(in[0]); };
  EXPECT_TRUE(gradcheck(cube, {x}));
  EXPECT_TRUE(gradgradcheck(cube, {x}));
  EXPECT_EQ(Cube::apply(x).grad_fn()->name(), "FunctionBackward0");
}

TEST(Function, RecordsNothingWithoutRequiresGrad) {
  const int64_t before = live_node_count();
  EXPECT_FALSE(Cube::apply(ones({2})).requires_grad());
  const Tensor x = leaf({1, 2});
  {
    const NoGradGuard no_grad;
    EXPECT_FALSE(Cube::apply(x).requires_grad());
  }
  EXPECT_EQ(live_node_count(), before);
}

TEST(Function, FreesItsSavedTensors) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({1, 2}), y = Cube::apply(x).sum();
    y.backward();
    EXPECT_ERROR(y.backward(), "a second time");
  }
  EXPECT_EQ(live_node_count(), before);
}

TEST(Function, NoticesThatASavedTensorChanged) {
  const Tensor x = leaf({1, 2}), y = x * 1, z = Cube::apply(y);
  y.add_(1);
  EXPECT_ERROR(z.sum().backward(), "function saved a float64 tensor of shape (2,)");
}

// Saves its own output. This must not make a cycle that keeps the node alive.
struct Exponential : Function<Exponential> {
  static constexpr const char* name = "exponential";
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    const Tensor y = x.exp();
    ctx->save_for_backward({y});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    return {gradients[0] * ctx->get_saved_variables()[0]};
  }
};

TEST(Function, MaySaveItsOutput) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({1, -2});
    const auto f = [](const variable_list& in) { return Exponential::apply(in[0]); };
    EXPECT_TRUE(gradcheck(f, {x}) && gradgradcheck(f, {x}));
    EXPECT_EQ(Exponential::apply(x).grad_fn()->name(), "ExponentialBackward0");
  }
  EXPECT_EQ(live_node_count(), before);
}

// Takes arguments that are no tensors. Has several outputs, one of them without a derivative.
struct ScaledTop : Function<ScaledTop> {
  static variable_list forward(AutogradContext* ctx, double scale, const Tensor& a, int64_t power,
                               const Tensor& b) {
    const auto [values, index] = b.max(0);
    ctx->save_for_backward({a, index, tensor(scale, kFloat64), tensor(power)});
    ctx->mark_non_differentiable({index});
    return {a.pow(power) * scale, values * 2, index};
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    EXPECT_TRUE(ctx->needs_input_grad(0) && ctx->needs_input_grad(1));  // a and b; numbers have no index
    EXPECT_FALSE(ctx->needs_input_grad(2));
    const double scale = saved[2].item<double>();
    const int64_t power = saved[3].item<int64_t>();
    const Tensor by_b = zeros({3}, kFloat64);
    {
      const NoGradGuard no_grad;
      by_b.index_put_({saved[1]}, gradients[1] * 2);
    }
    return {Tensor(), gradients[0] * scale * power * saved[0].pow(power - 1), Tensor(), by_b};
  }
};

TEST(Function, TakesNumbersAndGivesSeveralOutputs) {
  const Tensor a = leaf({1, 2}), b = leaf({1, 5, 3});
  const auto f = [](const variable_list& in) { return ScaledTop::apply(0.5, in[0], int64_t{3}, in[1]); };
  EXPECT_TRUE(gradcheck(f, {a, b}));
  const variable_list outputs = f({a, b});
  EXPECT_EQ(outputs[2].item<int64_t>(), 1);
  EXPECT_TRUE(outputs[1].requires_grad() && !outputs[2].requires_grad());
  EXPECT_EQ(outputs[1].output_nr(), 1u);
  outputs[1].backward();  // the other output counts as zeros
  EXPECT_TRUE(b.grad().equal(tensor({0, 2, 0}, kFloat64)));
  EXPECT_TRUE(a.grad().equal(zeros({2}, kFloat64)));
}

// libtorch's documented way to write a layer that may have no bias.
struct Affine : Function<Affine> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& w, const Tensor& bias) {
    ctx->save_for_backward({x, w, bias});
    ctx->mark_non_differentiable({bias});
    const Tensor y = x.mm(w);
    return bias.defined() ? y + bias : y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor g = gradients[0];
    return {g.mm(saved[1].t()), saved[0].t().mm(g), saved[2].defined() ? g.sum(0) : Tensor()};
  }
};

TEST(Function, SavesUndefinedTensors) {
  const Tensor x = leaf({{1, 2}}), w = leaf({{3}, {4}}), bias = leaf({5});
  const auto affine = [](const variable_list& in) {
    return Affine::apply(in[0], in[1], in.size() > 2 ? in[2] : Tensor());
  };
  EXPECT_TRUE(gradcheck(affine, {x, w}) && gradgradcheck(affine, {x, w}));
  EXPECT_TRUE(gradcheck(affine, {x, w, bias}));
  affine({x, w}).sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({{3, 4}}, kFloat64)) && w.grad().equal(tensor({{1}, {2}}, kFloat64)));
}

struct Unmaterialised : Function<Unmaterialised> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x) {
    ctx->set_materialize_grads(false);
    return {x * 2, x * 3};
  }
  static variable_list backward(AutogradContext*, variable_list gradients) {
    EXPECT_TRUE(gradients[0].defined() && !gradients[1].defined());
    return {gradients[0] * 2};
  }
};

TEST(Function, MaySeeUndefinedGradients) {
  const Tensor x = leaf({1, 2});
  Unmaterialised::apply(x)[0].sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({2, 2}, kFloat64)));
}

struct Product : Function<Product> {
  static Tensor forward(AutogradContext* ctx, const Tensor& a, const Tensor& b) {
    ctx->save_for_backward({a, b});
    return a * b;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    EXPECT_FALSE(ctx->needs_input_grad(0));
    EXPECT_TRUE(ctx->needs_input_grad(1));
    return {Tensor(), gradients[0] * saved[0]};
  }
};

TEST(Function, KnowsWhichGradientsAreNeeded) {
  const Tensor b = leaf({3, 4});
  Product::apply(tensor({1, 2}, kFloat64), b).sum().backward();
  EXPECT_TRUE(b.grad().equal(tensor({1, 2}, kFloat64)));
}

// Runs a backward inside its backward, as a function that optimises does.
struct InnerDerivative : Function<InnerDerivative> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    return x.pow(3);
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const AutoGradMode recording(true);
    const Tensor x = ctx->get_saved_variables()[0].detach().requires_grad_();
    const Tensor slope = autograd::grad(x.pow(3).sum(), x)[0];
    return {gradients[0] * slope};
  }
};

TEST(Function, MayRunABackwardInside) {
  const Tensor x = leaf({1, 2});
  (InnerDerivative::apply(x) + x * x).sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({3 + 2, 12 + 4}, kFloat64)));
}

// The inner pass goes through nodes where the outer pass has already summed gradients.
Tensor outer_middle, outer_input;
struct SameNodes : Function<SameNodes> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x.clone(); }
  static variable_list backward(AutogradContext*, variable_list gradients) {
    const AutoGradMode recording(true);
    const Tensor inner = autograd::grad(outer_middle.sum(), outer_input, {}, /*retain_graph=*/true)[0];
    EXPECT_TRUE(inner.equal(2 * outer_input.detach()));
    return {gradients[0]};
  }
};

TEST(Function, MayRunABackwardOverTheSameNodes) {
  outer_input = leaf({1, 2});
  outer_middle = outer_input * outer_input;
  const Tensor inner = SameNodes::apply(outer_middle);
  const Tensor newer = outer_middle * 5;  // its rule runs before that of SameNodes
  (inner + newer).sum().backward();
  EXPECT_TRUE(outer_input.grad().equal(12 * outer_input.detach()));
  outer_input.reset();
  outer_middle.reset();
}

struct Same : Function<Same> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x; }
  static variable_list backward(AutogradContext*, variable_list gradients) { return {gradients[0] * 10}; }
};

TEST(Function, MayReturnItsInput) {
  const Tensor x = leaf({1, 2}), y = Same::apply(x);
  EXPECT_TRUE(x.is_leaf() && !y.is_leaf());
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({10, 10}, kFloat64)));
}

// ---- In place, and values that are no tensors --------------------------------------------------------------------------

// An example from libtorch's documentation.
struct ScaleInPlace : Function<ScaleInPlace> {
  static variable_list forward(AutogradContext* ctx, int64_t n, Tensor x) {
    ctx->saved_data["n"] = n;
    x.mul_(n);
    ctx->mark_dirty({x});
    return {x};
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    return {Tensor(), gradients[0] * ctx->saved_data["n"].toInt()};
  }
};

TEST(Function, MayWriteIntoItsInput) {
  const auto f = [](const variable_list& in) {
    const Tensor y = in[0] * in[0];
    return ScaleInPlace::apply(3, y)[0] + y;
  };
  const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 1;
  EXPECT_TRUE(gradcheck(f, {x}) && gradgradcheck(f, {x}));
  EXPECT_TRUE(ScaleInPlace::apply(5, y)[0].is_same(y));
  EXPECT_EQ(y._version(), 1u);
  EXPECT_EQ(autograd::grad(y.sum(), x)[0][0][0].item<double>(), 5);
  EXPECT_ERROR(ScaleInPlace::apply(2, x),
               "a leaf Variable that requires grad is being used in an in-place operation");
}

TEST(Function, MayWriteIntoAView) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 1, other = y.t();
    ScaleInPlace::apply(10, y[1]);
    EXPECT_TRUE(autograd::grad(other.sum(), x)[0].equal(tensor({{1.0, 1.0}, {10.0, 10.0}}, kFloat64)));
  }
  EXPECT_EQ(live_node_count(), before);
}

// Saves a tensor into which it has written: an input that is also the output.
struct ExponentialInPlace : Function<ExponentialInPlace> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    x.exp_();
    ctx->mark_dirty({x});
    ctx->save_for_backward({x});
    return x;
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    return {gradients[0] * ctx->get_saved_variables()[0]};
  }
};

TEST(Function, MaySaveATensorThatItHasWritten) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({1, -2});
    const auto whole = [](const variable_list& in) { return ExponentialInPlace::apply(in[0] * 1); };
    EXPECT_TRUE(gradcheck(whole, {x}) && gradgradcheck(whole, {x}));
    const Tensor y = x * 1;
    ExponentialInPlace::apply(y.slice(0, 1));
  }
  EXPECT_EQ(live_node_count(), before);
}

struct ForgetsItsDirtyInput : Function<ForgetsItsDirtyInput> {
  static constexpr const char* name = "forgetful";
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->mark_dirty({x.add_(1)});
    return x * 2;
  }
  static variable_list backward(AutogradContext*, variable_list gradients) { return gradients; }
};

TEST(Function, MustReturnTheTensorThatItHasWritten) {
  const Tensor x = leaf({1, 2}), y = x * 1;
  EXPECT_ERROR(ForgetsItsDirtyInput::apply(y),
               "Some elements marked as dirty during the forward method were not returned");
}

// Both functions return a view that is made inside forward, where nothing is recorded. Transposed returns a view of
// new memory, Shown a view of its input.
struct Transposed : Function<Transposed> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return (x * 2).t(); }
  static variable_list backward(AutogradContext*, variable_list gradients) { return {gradients[0].t() * 2}; }
};
struct Shown : Function<Shown> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x.t(); }
  static variable_list backward(AutogradContext*, variable_list gradients) { return {gradients[0].t()}; }
};

TEST(Function, ResultsMayBeWrittenUnlessTheyAreViewsOfAnInput) {
  const Tensor x = leaf({{1, 2}, {3, 4}}), y = x * 1;
  EXPECT_EQ(autograd::grad(Transposed::apply(y).mul_(5).sum(), x)[0][0][0].item<double>(), 10);
  EXPECT_ERROR(Shown::apply(y).mul_(5), "a view was created in no_grad mode");
}

struct KeepsEverything : Function<KeepsEverything> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, std::optional<Tensor> shift,
                        const std::string& text) {
    ctx->saved_data["scale"] = 2.5;
    ctx->saved_data["flag"] = true;
    ctx->saved_data["text"] = text;
    ctx->saved_data["sizes"] = x.sizes();
    ctx->saved_data["tensor"] = ones({2}, kFloat64);
    return shift ? x + *shift : x.clone();
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto& data = ctx->saved_data;
    EXPECT_TRUE(data["flag"].toBool() && data["never"].isNone());
    EXPECT_EQ(data["text"].toStringRef(), "a text");
    EXPECT_EQ(data["sizes"].toIntVector(), std::vector<int64_t>{2});
    EXPECT_ERROR(data["flag"].toInt(), "saved_data: asked for an int, but it holds a bool");
    const Tensor g = gradients[0] * data["scale"].toDouble() * data["tensor"].toTensor();
    return {g, ctx->needs_input_grad(1) ? g : Tensor(), Tensor()};
  }
};

TEST(Function, KeepsValuesForBackward) {
  const Tensor x = leaf({1, 2}), shift = leaf({3, 4});
  KeepsEverything::apply(x, std::nullopt, "a text").sum().backward();
  KeepsEverything::apply(x, std::optional<Tensor>(shift), "a text").sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({5.0, 5.0}, kFloat64)));
  EXPECT_TRUE(shift.grad().equal(tensor({2.5, 2.5}, kFloat64)));
}

// ---- Mistakes ------------------------------------------------------------------------------------------------------

struct TooMany : Function<TooMany> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x.clone(); }
  static variable_list backward(AutogradContext*, variable_list g) { return {g[0], g[0]}; }
};
struct WrongShape : Function<WrongShape> {
  static constexpr const char* name = "wrong_shape";
  static Tensor forward(AutogradContext*, const Tensor& x) { return x.sum(); }
  static variable_list backward(AutogradContext*, variable_list) { return {zeros({5}, kFloat64)}; }
};
struct NoOutput : Function<NoOutput> {
  static Tensor forward(AutogradContext*, const Tensor&) { return {}; }
  static variable_list backward(AutogradContext*, variable_list g) { return g; }
};
struct EmptyList : Function<EmptyList> {
  static variable_list forward(AutogradContext*, const Tensor&) { return {}; }
  static variable_list backward(AutogradContext*, variable_list g) { return g; }
};

TEST(Function, MistakesAreNamed) {
  const Tensor x = leaf({1, 2});
  EXPECT_ERROR(TooMany::apply(x).sum().backward(),
               "backward returned 2 gradients for 1 arguments of forward");
  EXPECT_ERROR(WrongShape::apply(x * 2).backward(),
               "wrong_shape: a gradient of shape (5,) arrived at the output of mul, whose shape is (2,)");
  EXPECT_ERROR(NoOutput::apply(x), "undefined");
  EXPECT_ERROR(EmptyList::apply(x), "no output");
  EXPECT_FALSE(x.grad().defined());
}

// Returns a gradient that claims to be on another device.
struct WrongDevice : Function<WrongDevice> {
  static constexpr const char* name = "wrong_device";
  static Tensor kept;
  static Tensor forward(AutogradContext*, const Tensor& x) { return x * 2; }
  static variable_list backward(AutogradContext*, variable_list g) {
    kept = g[0].clone();
    kept.impl().storage->device = kCUDA;
    return {kept};
  }
};
Tensor WrongDevice::kept;

TEST(Function, AGradientOnAnotherDeviceIsAnError) {
  const Tensor x = leaf({1, 2});
  EXPECT_ERROR(WrongDevice::apply(x * 2).sum().backward(),
               "wrong_device: a gradient on cuda:0 arrived at the output of mul, which is on cpu");
  EXPECT_ERROR((x * 3).backward(WrongDevice::kept),
               "backward: the gradient is on cuda:0 but the tensor it belongs to is on cpu");
  WrongDevice::kept.impl().storage->device = kCPU;
  WrongDevice::kept.reset();
  EXPECT_FALSE(x.grad().defined());
}

}  // namespace
