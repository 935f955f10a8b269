// gradcheck itself: it accepts right rules, and names the fault of wrong ones.
#include "autograd/tools/gradcheck.h"

#include <gtest/gtest.h>

#include "autograd/tools/function.h"
#include "expectations.h"
#include "gradus.h"
#include "tensors.h"

using namespace gradus;
using autograd::AutogradContext;
using autograd::Function;
using autograd::gradcheck;
using autograd::gradgradcheck;
using autograd::variable_list;

namespace {

// y = a b, with a rule for b that is wrong in the last element.
struct BadProduct : Function<BadProduct> {
  static constexpr const char* name = "bad_product";
  static Tensor forward(AutogradContext* ctx, const Tensor& a, const Tensor& b) {
    ctx->save_for_backward({a, b});
    return a * b;
  }
  static variable_list backward(AutogradContext* ctx, variable_list g) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor mistake = zeros_like(saved[0]);
    mistake.detach().index_put_({-1, -1}, 1.25);
    return {g[0] * saved[1], g[0] * (saved[0] - mistake)};
  }
};

Tensor bad_product(const variable_list& in) { return BadProduct::apply(in[0], in[1]); }

TEST(Gradcheck, NamesInputEntryNumbersAndTolerance) {
  const Tensor a = full({2, 3}, 2.5, kFloat64), b = leaf({{1, 2, 3}, {4, 5, 6}});
  EXPECT_ERROR(gradcheck(bad_product, {a, b}, {.atol = 1e-5, .rtol = 0}),
               "gradcheck: bad_product, input 1 (2, 3), entry (1, 2): "
               "analytic 1.25 but numeric 2.5 (difference 1.25 > tolerance 1e-05) for output entry (1, 2)");
  EXPECT_FALSE(gradcheck(bad_product, {a, b}, {.raise_exception = false}));
  EXPECT_TRUE(gradcheck(bad_product, {b, a}));  // only b's rule is wrong
}

TEST(Gradcheck, FindsOneWrongEntryInALargeJacobian) {
  const Tensor a = full({50, 40}, 2.5, kFloat64), b = ones({50, 40}, dtype(kFloat64).requires_grad(true));
  EXPECT_ERROR(gradcheck(bad_product, {a, b}, {.rtol = 1e-6}), "input 1 (50, 40), along a random direction");
  EXPECT_TRUE(gradcheck([](const variable_list& in) { return in[0] * in[1]; }, {a, b}));
}

TEST(Gradcheck, ChangesNeitherInputsNorTheRandomStream) {
  const Tensor x = leaf({{0.1, 0.2}, {0.3, 0.7}}).detach().t().requires_grad_(), before = x.detach().clone();
  manual_seed(5);
  const Tensor expected = rand({3});
  manual_seed(5);
  for (const bool fast : {false, true})
    EXPECT_TRUE(gradcheck([](const variable_list& in) { return in[0].exp(); }, {x}, {.fast_mode = fast}));
  EXPECT_TRUE(gradgradcheck([](const variable_list& in) { return in[0].exp(); }, {x}));
  EXPECT_TRUE(rand({3}).equal(expected));
  EXPECT_TRUE(x.detach().equal(before));
  EXPECT_FALSE(x.grad().defined());
  const auto failing = [](const variable_list& in) -> Tensor {
    if (in[0][0][0].item<double>() != 0.1) throw Error("evaluated elsewhere");
    return in[0] * 2;
  };
  EXPECT_ERROR(gradcheck(failing, {x}), "evaluated elsewhere");
  EXPECT_TRUE(x.detach().equal(before));
}

TEST(Gradcheck, TreatsDetachedOutputsAsConstant) {
  const Tensor x = leaf({1, 2});
  // The output is outside the graph.
  EXPECT_ERROR(gradcheck([](const variable_list& in) { return in[0].detach() * 2; }, {x}),
               "analytic 0 but numeric 2");
  EXPECT_TRUE(gradcheck([](const variable_list& in) { return in[0].floor(); }, {leaf({1.5, 2.5})}));
  EXPECT_TRUE(gradcheck(
      [](const variable_list& in) {
        const auto [values, index] = in[0].sort();
        return variable_list{values, index};
      },
      {x}));
}

// The gradient changes from call to call.
struct CountsCalls : Function<CountsCalls> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x * 2; }
  static variable_list backward(AutogradContext*, variable_list g) {
    static int calls = 0;
    return {g[0] * (2 + 1e-3 * ++calls)};
  }
};

TEST(Gradcheck, NoticesSideEffects) {
  const Tensor x = leaf({1, 2});
  EXPECT_ERROR(gradcheck([](const variable_list& in) { return CountsCalls::apply(in[0]); }, {x}),
               "two backward passes over the same graph gave different gradients");
  EXPECT_ERROR(gradcheck(
                   [](const variable_list& in) {
                     in[0].detach().add_(1);
                     return in[0] * 2;
                   },
                   {x}),
               "the function changes input 0 in place");
}

// The rule is right for the first derivative. It computes with a detached tensor, so it has
// no second derivative.
struct FirstOrderOnly : Function<FirstOrderOnly> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    return x.square();
  }
  static variable_list backward(AutogradContext* ctx, variable_list g) {
    return {g[0] * 2 * ctx->get_saved_variables()[0].detach()};
  }
};

TEST(Gradgradcheck, FindsRulesThatCannotBeDifferentiated) {
  const Tensor x = leaf({1.5, 2});
  const auto f = [](const variable_list& in) { return FirstOrderOnly::apply(in[0]); };
  EXPECT_TRUE(gradcheck(f, {x}));
  EXPECT_ERROR(gradgradcheck(f, {x}, {tensor({1, 1}, kFloat64)}),
               "gradgradcheck: function, input 0 (2,), entry (0,): analytic 0 but numeric 2");
  EXPECT_ERROR(gradgradcheck(f, {x}), "for the gradient of input 0, entry (0,)");
  EXPECT_FALSE(gradgradcheck(f, {x}, {}, {.raise_exception = false}));
}

TEST(Gradcheck, RaisesErrorsForWhatItCannotCheck) {
  const auto twice = [](const variable_list& in) { return in[0] * 2; };
  const Tensor x = leaf({1, 2});
  EXPECT_ERROR(
      gradcheck(twice, {ones({2}, requires_grad())}, {.raise_exception = false}),
      "gradcheck: input 0 is float32, too coarse for finite differences; convert it with .to(kFloat64)");
  EXPECT_ERROR(gradcheck([](const variable_list& in) { return in[0].to(kFloat32); }, {x}),
               "an output is float32");
  EXPECT_ERROR(gradcheck(twice, {x.detach()}), "none of the inputs requires grad");
  EXPECT_ERROR(gradcheck(twice, {x.detach().expand({3, 2}).requires_grad_()}), "input 0 is expanded");
  EXPECT_ERROR(gradgradcheck([](const variable_list& in) { return in[0].detach(); }, {x}), "no output");
  EXPECT_ERROR(gradgradcheck(twice, {x}, {x, x}), "1 outputs require grad, but there are 2 grad_outputs");
  EXPECT_ERROR(gradcheck([](const variable_list&) { return Tensor(); }, {x}), "undefined");
}

TEST(Gradcheck, TakesEmptyTensors) {
  const Tensor x = zeros({3, 0}, dtype(kFloat64).requires_grad(true));
  EXPECT_TRUE(gradcheck([](const variable_list& in) { return in[0].exp(); }, {x}));
  EXPECT_TRUE(gradgradcheck([](const variable_list& in) { return in[0].sum(); }, {x}));
}

}  // namespace
