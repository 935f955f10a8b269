// Norms, deviations, normalisations and losses where squares leave the range of float32, where elements are infinite or
// NaN, and where there are no elements.
#include <gtest/gtest.h>

#include <cmath>

#include "expectations.h"
#include "gradus.h"

using namespace gradus;
namespace F = gradus::nn::functional;

namespace {

constexpr float kInf = INFINITY, kNaN = NAN;

bool near(const Tensor& a, const Tensor& b, double rtol = 1e-5) {
  return allclose(a, b, rtol, 0, /*equal_nan=*/true);
}

/// The gradient of Σ f(x) by x.
template <class Function>
Tensor gradient(const Tensor& at, Function f) {
  const Tensor x = at.clone().requires_grad_();
  return autograd::grad({f(x).sum()}, {x})[0];
}

/// The second derivative of Σ f(x), summed over one x.
template <class Function>
Tensor second(const Tensor& at, Function f) {
  const Tensor x = at.clone().requires_grad_();
  const Tensor g = autograd::grad({f(x).sum()}, {x}, {}, true, /*create_graph=*/true)[0];
  return autograd::grad({(g * arange(1, g.numel() + 1, g.options()).view(g.sizes())).sum()}, {x})[0];
}

const std::vector<float> kScales = {1e-35f, 1e-20f, 1, 1e20f, 1e36f};

// ---- Range -------------------------------------------------------------------------------------------------------

TEST(Range, ANormNeitherOverflowsNorUnderflows) {
  const Tensor x = tensor({{3.0f, -4.0f}, {6.0f, 8.0f}});
  for (const float scale : kScales)
    for (const double p : {2.0, 3.0, 0.5, -1.0, -2.0}) {
      const auto of_rows = [p](const Tensor& x) { return x.norm(p, {1}); };
      EXPECT_TRUE(near(of_rows(x * scale) / scale, of_rows(x))) << scale << " " << p;
      EXPECT_TRUE(near(gradient(x * scale, of_rows), gradient(x, of_rows))) << scale << " " << p;
    }
  EXPECT_DOUBLE_EQ(tensor({3e200, 4e200}, kFloat64).norm().item<double>(), 5e200);
  EXPECT_DOUBLE_EQ(tensor({3e-200, 4e-200}, kFloat64).norm().item<double>(), 5e-200);
  // Some rows leave the range, others do not.
  EXPECT_TRUE(near(tensor({{3e20f, 4e20f}, {3.0f, 4.0f}, {3e-20f, 4e-20f}, {0.0f, 0.0f}}).norm(2, {1}),
                   tensor({5e20f, 5.0f, 5e-20f, 0.0f})));
}

TEST(Range, QuotientsOfNormsDoNotDependOnTheScale) {
  const Tensor x = tensor({3.0f, -4.0f}), y = tensor({4.0f, -3.0f}), alike = ones({});
  const auto direction = [](const Tensor& x) { return (x / x.norm()).mul(tensor({1.0f, 2.0f})); };
  for (const float scale : {1e-25f, 1e-10f, 1e20f, 1e30f}) {
    const auto loss = [&](const Tensor& a) { return F::cosine_embedding_loss(a, y * scale, alike); };
    const auto of_one = [&](const Tensor& a) { return F::cosine_embedding_loss(a, y, alike); };
    EXPECT_TRUE(near(loss(x * scale), of_one(x), 1e-4)) << scale;
    EXPECT_TRUE(near(gradient(x * scale, loss) * scale, gradient(x, of_one), 1e-4)) << scale;
    EXPECT_TRUE(near(gradient(x * scale, direction) * scale, gradient(x, direction), 1e-4)) << scale;
  }
  // A zero vector has the cosine 0.
  EXPECT_EQ(F::cosine_embedding_loss(zeros({2}), y, alike).item<float>(), 1);
  EXPECT_TRUE(
      isfinite(gradient(zeros({2}), [&](const Tensor& a) { return F::cosine_embedding_loss(a, y, alike); }))
          .all()
          .item<bool>());
}

TEST(Range, ADeviationDoesNotOverflowWhereTheVarianceDoes) {
  const Tensor x = tensor({1.0f, 2.0f, 4.0f});
  const auto deviation = [](const Tensor& x) { return x.std(); };
  for (const float scale : kScales) {
    EXPECT_TRUE(near(deviation(x * scale) / scale, deviation(x))) << scale;
    EXPECT_TRUE(near(gradient(x * scale, deviation), gradient(x, deviation))) << scale;
  }
}

TEST(Range, NormalisationsDoNotDependOnTheScale) {
  const Tensor x = tensor({{1.0f, 2.0f, 4.0f}, {3.0f, -3.0f, 0.0f}}), weight = tensor({1.0f, 2.0f, -1.0f});
  const auto layer_norm = [&](const Tensor& x) {
    return F::layer_norm(x, F::LayerNormFuncOptions({3}).eps(0)) * weight;
  };
  const auto batch_norm = [&](const Tensor& x) {
    return F::batch_norm(x.t(), Tensor(), Tensor(), F::BatchNormFuncOptions().training(true).eps(0)).t() *
           weight;
  };
  for (const float scale : {1e-30f, 1e-10f, 1e10f, 1e19f, 1e30f, 8e37f}) {
    EXPECT_TRUE(near(layer_norm(x * scale), layer_norm(x), 1e-4)) << scale;
    EXPECT_TRUE(near(batch_norm(x * scale), batch_norm(x), 1e-4)) << scale;
    if (scale > 1e35f) continue;  // the gradients are subnormal
    EXPECT_TRUE(near(gradient(x * scale, layer_norm) * scale, gradient(x, layer_norm), 1e-3)) << scale;
    EXPECT_TRUE(near(gradient(x * scale, batch_norm) * scale, gradient(x, batch_norm), 1e-3)) << scale;
  }
  for (const float scale : {1e-15f, 1e15f})
    EXPECT_TRUE(allclose(second(x * scale, layer_norm) * scale * scale, second(x, layer_norm), 1e-3, 1e-4))
        << scale;
  EXPECT_TRUE(
      near(F::layer_norm(tensor({{1e30f, -1e30f}}), F::LayerNormFuncOptions({2})), tensor({{1.0f, -1.0f}})));
  // The sum that makes the mean overflows too.
  EXPECT_TRUE(near(F::layer_norm(tensor({{3e38f, -3e38f, 3e38f, 3e38f}}), F::LayerNormFuncOptions({4})),
                   F::layer_norm(tensor({{3.0f, -3.0f, 3.0f, 3.0f}}), F::LayerNormFuncOptions({4}).eps(0)),
                   1e-4));
}

TEST(Range, ClipGradNormScalesLargeGradients) {
  for (const double p : {1.0, 2.0, 3.0, double{INFINITY}}) {
    const std::vector<Tensor> parameters = {zeros({2}).requires_grad_(), zeros({1}).requires_grad_()};
    (parameters[0] * tensor({3e20f, 4e20f})).sum().backward();
    (parameters[1] * 12e20f).sum().backward();
    const double wanted = tensor({3e20, 4e20, 12e20}, kFloat64).norm(p).item<double>();
    EXPECT_NEAR(nn::utils::clip_grad_norm_(parameters, 1, p), wanted, 1e-5 * wanted) << p;
    EXPECT_NEAR(cat({parameters[0].grad(), parameters[1].grad()}).norm(p).item<double>(), 1, 1e-5) << p;
  }
  const std::vector<Tensor> of_float64 = {zeros({2}, kFloat64).requires_grad_()};
  (of_float64[0] * 1e200).sum().backward();
  EXPECT_DOUBLE_EQ(nn::utils::clip_grad_norm_(of_float64, 1), std::sqrt(2) * 1e200);
  EXPECT_EQ(nn::utils::clip_grad_norm_({zeros({2})}, 1), 0);
}

// ---- Infinity, NaN and 0 -------------------------------------------------------------------------------------------

TEST(SpecialValues, TheNormOfAnInfiniteElementIsInfinite) {
  const Tensor x = tensor({kInf, 1.0f, -2.0f});
  for (const double p : {0.5, 1.0, 1.5, 2.0, 3.0, double{INFINITY}})
    EXPECT_EQ(x.norm(p).item<float>(), kInf) << p;
  EXPECT_FLOAT_EQ(x.norm(-1).item<float>(), 1 / 1.5f);
  EXPECT_EQ(tensor({kInf, -kInf}).norm(-1).item<float>(), kInf);
  for (const double p : {0.5, 1.0, 2.0, 3.0, -1.0, double{INFINITY}, -double{INFINITY}})
    EXPECT_TRUE(std::isnan(tensor({kNaN, 1.0f}).norm(p).item<float>())) << p;
}

TEST(SpecialValues, NormsOfOrdersUpTo0) {
  const Tensor x = tensor({0.0f, 2.0f, -1.0f}), y = tensor({4.0f, -2.0f});
  EXPECT_EQ(x.norm(0).item<float>(), 2);
  EXPECT_EQ(tensor({kNaN, 0.0f, kInf}).norm(0).item<float>(), 2);
  EXPECT_EQ(x.norm(-kInf).item<float>(), 0);
  EXPECT_EQ(x.norm(-1).item<float>(), 0);
  EXPECT_EQ(y.norm(-kInf).item<float>(), 2);
  EXPECT_FLOAT_EQ(y.norm(-1).item<float>(), 4.0f / 3);
  const auto slope = [](const Tensor& x, double p) {
    return gradient(x, [p](const Tensor& x) { return x.norm(p); });
  };
  EXPECT_TRUE(near(slope(x, 0), zeros({3})));
  EXPECT_TRUE(near(slope(y, -kInf), tensor({0.0f, -1.0f})));
  EXPECT_TRUE(near(slope(y, -1), tensor({1.0f / 9, -4.0f / 9})));
  EXPECT_TRUE(near(slope(x, -1), zeros({3})));
  EXPECT_ERROR(x.norm(NAN), "norm: the order p must be a number, not NaN");
}

TEST(SpecialValues, TheSlopeOfANormAt0Is0) {
  for (const double p : {0.5, 1.0, 1.5, 2.0, 3.0, double{INFINITY}}) {
    const auto norm = [p](const Tensor& x) { return x.norm(p); };
    EXPECT_TRUE(near(gradient(zeros({3}), norm), zeros({3}))) << p;
    EXPECT_EQ(gradient(tensor({0.0f, 1.0f, 4.0f}), norm)[0].item<float>(), 0) << p;
  }
  EXPECT_TRUE(near(gradient(tensor({0.0f, 1.0f, 4.0f}), [](const Tensor& x) { return x.norm(0.5); }),
                   tensor({0.0f, 3.0f, 1.5f})));
}

TEST(SpecialValues, TheGradientOfAMaximumThatIsNaNGoesToTheNaNs) {
  const Tensor x = tensor({{kNaN, 0.0f, 1.0f}, {2.0f, 2.0f, 1.0f}});
  const Tensor max_rows = tensor({{1.0f, 0.0f, 0.0f}, {0.5f, 0.5f, 0.0f}});
  EXPECT_TRUE(near(gradient(x, [](const Tensor& x) { return amax(x, 1); }), max_rows));
  const Tensor min_rows = tensor({{1.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 1.0f}});
  EXPECT_TRUE(near(gradient(x, [](const Tensor& x) { return amin(x, 1); }), min_rows));
  const Tensor all = tensor({{1.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 0.0f}});
  EXPECT_TRUE(near(gradient(x, [](const Tensor& x) { return max(x); }), all));
  EXPECT_TRUE(near(gradient(x, [](const Tensor& x) { return min(x); }), all));
  EXPECT_TRUE(near(gradient(tensor({kNaN, 1.0f, kNaN}), [](const Tensor& x) { return max(x); }),
                   tensor({0.5f, 0.0f, 0.5f})));
  const Tensor of_norm = gradient(x, [](const Tensor& x) { return x.norm(kInf); });
  EXPECT_TRUE(near(of_norm.flatten().narrow(0, 1, 5), zeros({5})));
}

TEST(SpecialValues, LogsumexpOfMinusInfinityIsMinusInfinity) {
  const Tensor x = tensor({{-kInf, -kInf}, {-kInf, 1.0f}});
  const auto f = [](const Tensor& x) { return logsumexp(x, 1); };
  EXPECT_TRUE(near(f(x), tensor({-kInf, 1.0f})));
  EXPECT_TRUE(near(gradient(x, f), tensor({{0.0f, 0.0f}, {0.0f, 1.0f}})));
  EXPECT_EQ(f(tensor({{kInf, 1.0f}}))[0].item<float>(), kInf);
}

TEST(SpecialValues, KlDivInsideAndOutsideOfItsDomain) {
  const auto kl = [](float x, float y, bool log_target = false) {
    return F::kl_div(tensor({x}), tensor({y}), nn::KLDivLossOptions(kSum).log_target(log_target))
        .item<float>();
  };
  EXPECT_TRUE(std::isnan(kl(-1, -0.5f)));  // a negative probability
  EXPECT_EQ(kl(-1, 0), 0);
  EXPECT_EQ(kl(-kInf, 0), 0);
  EXPECT_EQ(kl(-kInf, 0.5f), kInf);
  EXPECT_EQ(kl(-1, -kInf, true), 0);
  EXPECT_EQ(kl(-kInf, -kInf, true), 0);
  EXPECT_EQ(kl(-kInf, 0, true), kInf);
  const Tensor y = tensor({0.0f, 0.5f});
  EXPECT_TRUE(
      near(gradient(tensor({-kInf, -1.0f}), [&](const Tensor& x) { return F::kl_div(x, y, kSum); }), -y));
  const Tensor by_y = gradient(y, [](const Tensor& y) { return F::kl_div(tensor({-1.0f, -1.0f}), y, kSum); });
  EXPECT_TRUE(near(by_y, tensor({0.0f, std::log(0.5f) + 2})));
}

// ---- Nothing, and no dimensions ------------------------------------------------------------------------------------

TEST(Nothing, HasNormsAndLogsumexp) {
  for (const double p : {0.5, 1.0, 2.0, 3.0, 0.0}) {
    EXPECT_EQ(zeros({0}).norm(p).item<float>(), 0) << p;
    EXPECT_TRUE(near(zeros({0, 3}).norm(p, {0}), zeros({3}))) << p;
    EXPECT_EQ(zeros({0, 3}).norm(p, {1}, true).sizes(), IntArrayRef({0, 1})) << p;
    EXPECT_EQ(gradient(zeros({0, 3}), [p](const Tensor& x) { return x.norm(p, {0}); }).sizes(),
              IntArrayRef({0, 3}));
  }
  for (const double p : {double{INFINITY}, -double{INFINITY}, -1.0})
    EXPECT_ERROR(zeros({0}).norm(p),
                 "no elements to reduce: the shape (0,) has a reduced dimension of size 0");
  EXPECT_EQ(logsumexp(zeros({0}), 0).item<float>(), -kInf);
  EXPECT_TRUE(near(logsumexp(zeros({0, 3}), 0), full({3}, -kInf)));
  EXPECT_EQ(logsumexp(zeros({0, 3}), 0, true).sizes(), IntArrayRef({1, 3}));
  EXPECT_EQ(logsumexp(zeros({0, 3}), 1).sizes(), IntArrayRef({0}));
  EXPECT_EQ(gradient(zeros({0, 3}), [](const Tensor& x) { return logsumexp(x, 0); }).sizes(),
            IntArrayRef({0, 3}));
}

TEST(Nothing, ATensorOfNoDimensionsHasDimension0) {
  const Tensor x = full({}, 2.0f);
  const auto check = [](const char* name, auto f) {
    SCOPED_TRACE(name);
    f(0), f(-1);
    EXPECT_ERROR(f(1), "Dimension out of range (expected to be in range of [-1, 0], but got 1)");
    EXPECT_ERROR(f(-2), "Dimension out of range");
  };
  check("sum", [&](int64_t d) { EXPECT_EQ(x.sum(d).item<float>(), 2); });
  check("prod", [&](int64_t d) { EXPECT_EQ(x.prod(d).item<float>(), 2); });
  check("mean", [&](int64_t d) { EXPECT_EQ(x.mean(d).item<float>(), 2); });
  check("amax", [&](int64_t d) { EXPECT_EQ(amax(x, d).item<float>(), 2); });
  check("max", [&](int64_t d) { EXPECT_EQ(std::get<0>(x.max(d)).item<float>(), 2); });
  check("argmin", [&](int64_t d) { EXPECT_EQ(x.argmin(d).item<int64_t>(), 0); });
  check("logsumexp", [&](int64_t d) { EXPECT_EQ(logsumexp(x, d).item<float>(), 2); });
  check("norm", [&](int64_t d) { EXPECT_EQ(x.norm(2, d).item<float>(), 2); });
  check("norm of order 3", [&](int64_t d) { EXPECT_EQ(x.norm(3, d).item<float>(), 2); });
  check("var", [&](int64_t d) { EXPECT_EQ(x.var(d, /*unbiased=*/false).item<float>(), 0); });
  check("cumsum", [&](int64_t d) { EXPECT_EQ(x.cumsum(d).item<float>(), 2); });
  check("all", [&](int64_t d) { EXPECT_TRUE(all(x, d).item<bool>()); });
  check("any", [&](int64_t d) { EXPECT_TRUE(any(x, d).item<bool>()); });
  check("sort", [&](int64_t d) { EXPECT_EQ(std::get<0>(x.sort(d)).item<float>(), 2); });
  check("topk", [&](int64_t d) { EXPECT_EQ(std::get<0>(x.topk(1, d)).item<float>(), 2); });
  check("softmax", [&](int64_t d) { EXPECT_EQ(softmax(x, d).item<float>(), 1); });
}

}  // namespace
