// jacobian, hessian, vjp, jvp and hvp, compared with closed forms and finite differences; and checkpoint,
// compared with the same function without it.
#include <gtest/gtest.h>

#include <cmath>

#include "expectations.h"
#include "gradus.h"
#include "tensors.h"

using namespace gradus;
using namespace gradus::autograd;

namespace {

// A common textbook example: f(x) = (x₀² x₁, 5 x₀ + sin x₁), J = (2 x₀ x₁, x₀²; 5, cos x₁).
Tensor example(const Tensor& x) { return stack({x[0] * x[0] * x[1], 5 * x[0] + sin(x[1])}); }
Tensor example_jacobian(double a, double b) { return constant({{2 * a * b, a * a}, {5, std::cos(b)}}); }

/// The Jacobian, column by column, by central differences.
Tensor finite_differences(const FunctionOfOne& f, const Tensor& x, double h = 1e-6) {
  std::vector<Tensor> columns;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const Tensor step = zeros({x.numel()}, kFloat64);
    step[i] = h;
    const Tensor shift = step.view(x.sizes());
    columns.push_back((f(x + shift) - f(x - shift)) / (2 * h));
  }
  Shape shape(columns[0].sizes());
  for (const int64_t size : x.sizes()) shape.push_back(size);
  return stack(columns, -1).view(shape);
}

TEST(Jacobian, OfTheTextbookExample) {
  const Tensor x = constant({2, 3}), v = constant({0.5, -1});
  const Tensor J = jacobian(example, x);
  EXPECT_TRUE(J.allclose(example_jacobian(2, 3)));
  const auto [y, pulled] = vjp(example, x, v);
  EXPECT_TRUE(y.allclose(constant({12, 10 + std::sin(3)})));
  EXPECT_TRUE(pulled.allclose(J.t().mv(v)));
  const auto [same, pushed] = jvp(example, x, v);
  EXPECT_TRUE(same.equal(y));
  EXPECT_TRUE(pushed.allclose(J.mv(v)));
  for (const Tensor& result : {J, y, pulled, pushed}) EXPECT_FALSE(result.requires_grad());
}

TEST(Jacobian, HasTheShapesOfOutputAndInput) {
  const FunctionOfOne f = [](const Tensor& x) { return x.softmax(1).mm(x.t()); };
  manual_seed(1);
  const Tensor x = randn({2, 3}, kFloat64);
  const Tensor J = jacobian(f, x);
  EXPECT_EQ(J.sizes(), (IntArrayRef{2, 2, 2, 3}));
  EXPECT_TRUE(J.allclose(finite_differences(f, x), 1e-6, 1e-7));
  EXPECT_EQ(jacobian([](const Tensor& x) { return x.slice(0, 0, 0); }, x).sizes(), (IntArrayRef{0, 3, 2, 3}));
}

TEST(Jacobian, OfSeveralInputs) {
  const variable_list x = {constant({{1, 2}, {3, 4}}), constant({5, 6}), constant({7})};
  const FunctionOfSeveral f = [](const variable_list& in) { return in[0].mv(in[1]); };  // not of in[2]
  const variable_list J = jacobian(f, x);
  EXPECT_TRUE(J[1].equal(x[0]));
  EXPECT_TRUE(J[0][1].equal(constant({{0, 0}, {5, 6}})));
  EXPECT_TRUE(J[2].equal(zeros({2, 1}, kFloat64)));
  const auto [y, pulled] = vjp(f, x, ones({2}, kFloat64));
  EXPECT_TRUE(pulled[1].equal(constant({4, 6})) && pulled[2].equal(zeros({1}, kFloat64)));
  const auto [same, pushed] = jvp(f, x, {ones({2, 2}, kFloat64), ones({2}, kFloat64), ones({1}, kFloat64)});
  EXPECT_TRUE(pushed.equal(constant({11 + 3, 11 + 7})));
}

TEST(Hessian, OfAQuadraticFormIsItsMatrix) {
  const Tensor A = constant({{2, 1, 0}, {1, 3, -1}, {0, -1, 4}}), x = constant({1, -2, 0.5}),
               v = constant({1, 2, 3});
  const FunctionOfOne f = [&](const Tensor& x) { return x.dot(A.mv(x)) / 2; };
  EXPECT_TRUE(hessian(f, x).allclose(A));
  const auto [y, Hv] = hvp(f, x, v);
  EXPECT_TRUE(y.allclose(f(x)));
  EXPECT_TRUE(Hv.allclose(A.mv(v)));
}

TEST(Hessian, OfRosenbrock) {
  const FunctionOfOne f = [](const Tensor& x) {
    return (1 - x[0]).square() + 100 * (x[1] - x[0].square()).square();
  };
  const double a = -1.2, b = 1;
  const Tensor x = constant({a, b}), H = hessian(f, x);
  EXPECT_TRUE(H.allclose(constant({{2 - 400 * (b - 3 * a * a), -400 * a}, {-400 * a, 200}})));
  const FunctionOfOne slope = [&](const Tensor& x) { return jacobian(f, x); };
  EXPECT_TRUE(H.allclose(finite_differences(slope, x, 1e-5), 1e-6, 1e-4));
}

TEST(Hessian, OfSeveralInputs) {
  const variable_list x = {constant({2}), constant({3, 5})};
  // f(a, b) = a² (b₀ + b₁)
  const auto H = hessian([](const variable_list& in) { return (in[0] * in[0] * in[1]).sum(); }, x);
  EXPECT_TRUE(H[0][0].equal(constant({{16}})));
  EXPECT_TRUE(H[0][1].equal(constant({{4, 4}})) && H[1][0].equal(constant({{4}, {4}})));
  EXPECT_TRUE(H[1][1].equal(zeros({2, 2}, kFloat64)));
}

TEST(Functional, OfConstantsAndLinearFunctionsIsZeroNotAnError) {
  const Tensor x = constant({1, 2});
  EXPECT_TRUE(jacobian([](const Tensor&) { return ones({3}, kFloat64); }, x).equal(zeros({3, 2}, kFloat64)));
  EXPECT_TRUE(hessian([](const Tensor& x) { return x.sum(); }, x).equal(zeros({2, 2}, kFloat64)));
  EXPECT_TRUE(
      jvp([](const Tensor&) { return ones({3}, kFloat64); }, x, x).second.equal(zeros({3}, kFloat64)));
  EXPECT_TRUE(hvp([](const Tensor& x) { return x.sum(); }, x, x).second.equal(zeros({2}, kFloat64)));
}

// With f(x) = x³: J = 3x², and H of Σ x³ is 6x. The test differentiates the sum of squares of each
// result by x.
TEST(Functional, CanBeDifferentiatedAgain) {
  const FunctionOfOne cube = [](const Tensor& x) { return x.pow(3); };
  const FunctionOfOne total = [](const Tensor& x) { return x.pow(3).sum(); };
  const Tensor x = leaf({1, 2}), v = leaf({3, -1}), a = x.detach(), w = v.detach();
  const auto slope = [](const Tensor& result, const Tensor& by) {
    return autograd::grad(result.square().sum(), by, {}, /*retain_graph=*/true)[0];
  };
  const Tensor pulled = vjp(cube, x, v, true).second, pushed = jvp(cube, x, v, true).second;  // both 3x² v
  for (const Tensor& result : {pulled, pushed}) {
    EXPECT_TRUE(slope(result, x).allclose(36 * a.pow(3) * w * w));
    EXPECT_TRUE(slope(result, v).allclose(18 * a.pow(4) * w));
  }
  EXPECT_TRUE(slope(jacobian(cube, x, true), x).allclose(36 * a.pow(3)));
  EXPECT_TRUE(slope(hessian(total, x, true), x).allclose(72 * a));
  EXPECT_TRUE(slope(hvp(total, x, v, true).second, x).allclose(72 * a * w * w));
  EXPECT_TRUE(
      jacobian([&](const Tensor& x) { return jacobian(cube, x, true).sum(0); }, a).allclose(diag(6 * a)));
}

TEST(Functional, DoesNotChangeTheInputs) {
  const int64_t before = live_node_count();
  {
    const Tensor x = leaf({1, 2}), y = x * 2;
    const NoGradGuard no_grad;  // the functions record by themselves
    jacobian(example, y), hessian([](const Tensor& x) { return x.square().sum(); }, y), jvp(example, y, x),
        hvp([](const Tensor& x) { return x.dot(x); }, y, x);
    EXPECT_FALSE(x.grad().defined() || GradMode::is_enabled());
  }
  EXPECT_EQ(live_node_count(), before);
}

TEST(Functional, MistakesAreNamed) {
  const Tensor x = constant({1, 2});
  EXPECT_ERROR(hessian(example, x), "hessian: f must return one element, not (2,)");
  EXPECT_ERROR(vjp(example, x, ones({3}, kFloat64)), "vjp: v is (3,), but f(x) is (2,)");
  EXPECT_ERROR(jvp(example, x, ones({3}, kFloat64)), "jvp: v is (3,) for an input of shape (2,)");
  EXPECT_ERROR(jacobian(example, arange(2)), "only functions of floating-point tensors have derivatives");
}

// ---- checkpoint ----------------------------------------------------------------------------------------------------

const Tensor weight = constant({{0.5, -1}, {2, 0.25}}).requires_grad_();
Tensor layer(const Tensor& x) { return x.mm(weight).tanh(); }

TEST(Checkpoint, HasTheSameGradientsAndFewerNodes) {
  const Tensor x = leaf({{1, 2}, {3, 4}});
  const auto gradients = [&](const std::function<Tensor(const Tensor&)>& twice) {
    return autograd::grad(twice(twice(x)).sum(), {x, weight});
  };
  const variable_list plain = gradients([](const Tensor& x) { return layer(layer(x)); });
  const variable_list saved = gradients(
      [](const Tensor& x) { return checkpoint([](const Tensor& x) { return layer(layer(x)); }, x); });
  EXPECT_TRUE(saved[0].equal(plain[0]) && saved[1].allclose(plain[1], 1e-15, 1e-15));
  const int64_t before = live_node_count();
  const Tensor y = checkpoint([](const Tensor& x) { return layer(layer(layer(x))); }, x);
  EXPECT_EQ(live_node_count(), before + 1);
  y.sum().backward();
  EXPECT_TRUE(x.grad().defined() && weight.grad().defined());
  EXPECT_ERROR(y.sum().backward(), "a second time");
}

TEST(Checkpoint, HasDerivativesOfAnyOrder) {
  const auto third_derivative = [](const std::function<Tensor(const Tensor&)>& f) {
    const Tensor x = leaf({0.5, 2});
    Tensor y = f(x * x);
    for (int order = 0; order < 3; ++order) y = autograd::grad(y.sum(), x, {}, {}, /*create_graph=*/true)[0];
    return y.detach();
  };
  const FunctionOfOne f = [](const Tensor& x) { return (x.sin() * x).exp(); };
  const Tensor plain = third_derivative(f);
  EXPECT_TRUE(third_derivative([&](const Tensor& x) { return checkpoint(f, x); }).allclose(plain));
  EXPECT_TRUE(gradgradcheck([&](const variable_list& in) { return checkpoint(f, in[0]); }, {leaf({0.5, 2})}));
}

// x and y = x² are both inputs, and z is captured. y and z depend on x, and their gradients must
// be counted once.
TEST(Checkpoint, OfInputsThatDependOnEachOther) {
  const Tensor x = leaf({1, 2}), y = x * x, z = y * x;
  const auto f = [&](const variable_list& in) { return in[0] * in[1] * z; };  // x⁶
  checkpoint(f, {x, y}).sum().backward();
  EXPECT_TRUE(x.grad().allclose(6 * x.detach().pow(5)));
}

TEST(Checkpoint, DrawsTheSameNumbersAgain) {
  manual_seed(5);
  const Tensor x = ones({100}, kFloat64).requires_grad_();
  const Tensor y = checkpoint([](const Tensor& x) { return nn::functional::dropout(x); }, x);
  const Tensor later = rand({3});
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(y.detach()));  // backward draws the same mask: 0 or 2 at the same positions
  const Tensor after = rand({3});
  manual_seed(5);
  nn::functional::dropout(x.detach());
  // Outside, the random stream continues as if backward had drawn nothing.
  EXPECT_TRUE(rand({3}).equal(later) && rand({3}).equal(after));
}

TEST(Checkpoint, CallsTheHooksOfItsInputsOnce) {
  const Tensor x = leaf({1, 2}), y = x * 3;
  int of_leaf = 0, of_input = 0;
  x.register_hook([&](Tensor) { ++of_leaf; });
  y.register_hook([&](Tensor g) { return ++of_input, g * 2; });
  checkpoint([&](const Tensor& y) { return y * x; }, y).sum().backward();
  EXPECT_EQ(of_leaf, 1);
  EXPECT_EQ(of_input, 1);
  EXPECT_TRUE(x.grad().equal(constant({3 + 2 * 3, 6 + 2 * 6})));
}

TEST(Checkpoint, NoticesThatAnInputChanged) {
  const Tensor x = leaf({1, 2}), y = x * 1, z = checkpoint([](const Tensor&y) { return y * y; }, y);
  y.add_(1);
  EXPECT_ERROR(z.sum().backward(), "checkpoint saved a float64 tensor");
}

TEST(Checkpoint, TakesUndefinedTensors) {
  const Tensor x = leaf({1, 2});
  const auto f = [](const variable_list& in) { return in[1].defined() ? in[0] + in[1] : in[0] * 2; };
  checkpoint(f, {x, Tensor()}).sum().backward();
  EXPECT_TRUE(x.grad().equal(tensor({2, 2}, kFloat64)));
}

TEST(Checkpoint, OfAFunctionThatChangesIsAnError) {
  const Tensor x = leaf({1, 2});
  int calls = 0;
  const Tensor y = checkpoint([&](const Tensor& x) { return calls++ == 0 ? x * 2 : x.detach(); }, x);
  EXPECT_ERROR(y.sum().backward(), "f must compute the same each time");
  EXPECT_FALSE(x.grad().defined());
}

TEST(Checkpoint, RecordsNothingWithoutRequiresGrad) {
  const FunctionOfOne f = [](const Tensor& x) { return x * 2; };
  EXPECT_FALSE(checkpoint(f, ones({2})).requires_grad());
  const NoGradGuard no_grad;
  EXPECT_FALSE(checkpoint(f, leaf({1, 2})).requires_grad());
}

}  // namespace
