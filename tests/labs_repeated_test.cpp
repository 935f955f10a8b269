// The labs' training functions with --replay and --compile: the same digits as without, bit for bit.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <functional>

#include "expectations.h"
#include "gradus.h"
#include "labs/embeddings.h"
#include "labs/factorisation.h"
#include "labs/mlp.h"
#include "labs/svd.h"

using namespace lab;

namespace {

/// Chooses how the labs run their steps, as long as it lives.
class Steps {
 public:
  explicit Steps(StepsAre how) { run_steps(how); }
  ~Steps() { run_steps(StepsAre::called); }
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;
};

Tensor losses_as_tensor(const std::vector<double>& losses) { return tensor(losses, kFloat64); }

/// The tensors that a function of the labs has trained.
using Trained = std::vector<Tensor>;

Trained trained(StepsAre how, const std::function<Trained()>& train) {
  const Steps steps(how);
  manual_seed(5);
  Trained results = train();
  EXPECT_EQ(compiled_steps().find("others"), std::string::npos) << compiled_steps();
  return results;
}

/// Compares all bits. `what` names the function and the way in messages.
void expect_same_bits(const std::string& what, const Trained& called, const Trained& repeated) {
  ASSERT_EQ(called.size(), repeated.size());
  for (size_t i = 0; i < called.size(); ++i) {
    const Tensor a = called[i].detach().contiguous(), b = repeated[i].detach().contiguous();
    ASSERT_EQ(a.sizes(), b.sizes()) << what;
    EXPECT_EQ(std::memcmp(a.data_ptr(), b.data_ptr(),
                          static_cast<size_t>(a.numel() * gradus::item_size(a.dtype()))),
              0)
        << what << ", result " << i << ":\n"
        << a << "\n"
        << b;
  }
}

/// Trains in all ways. The compiler takes most of the time, so only float32 is compiled here.
void expect_same_digits(const std::string& what, const std::function<Trained()>& train) {
  const Trained called = trained(StepsAre::called, train);
  expect_same_bits(what + ", replayed", called, trained(StepsAre::replayed, train));
  if (called[0].dtype() == kFloat64) return;
  expect_same_bits(what + ", compiled", called, trained(StepsAre::compiled, train));
}

class Repeated : public testing::TestWithParam<Dtype> {
 protected:
  TensorOptions options() const { return TensorOptions(GetParam()); }
};

TEST_P(Repeated, Factorisations) {
  expect_same_digits("sgd_factorise", [&]() -> Trained {
    const auto [U, V] = sgd_factorise(rand({3, 3}, options()), 2, 30);
    return {U, V};
  });
  expect_same_digits("sgd_factorise_masked", [&]() -> Trained {
    const Tensor M = tensor({{1, 1, 1}, {0, 1, 1}, {1, 0, 1}}, kInt64);
    const auto [U, V] = sgd_factorise_masked(rand({3, 3}, options()), M, 2, 30);
    return {U, V};
  });
  expect_same_digits("gd_factorise_ad", [&]() -> Trained {
    const auto [U, V] = gd_factorise_ad(rand({15, 4}, options()), 2, 30);
    return {U, V};
  });
  expect_same_digits("factorize", [&]() -> Trained {
    const auto [W, H, loss] = factorize(rand({20, 10}, options()), 3, 30);
    return {W, H, loss};
  });
  expect_same_digits("train_factors", [&]() -> Trained {
    std::vector<double> losses;
    const auto factor = [&](IntArrayRef sizes) { return rand(sizes, options()).requires_grad_(true); };
    train_factors(factor({20, 2}), factor({2, 10}), rand({20, 10}, options()), 30, 0.01, &losses);
    return {losses_as_tensor(losses)};
  });
  expect_same_digits("factorize_masked", [&]() -> Trained {
    Tensor A = rand({20, 10}, options());
    A[3][4] = NAN;
    const auto [W, H, loss] = factorize_masked(A, 3, 30);
    return {W, H, loss};
  });
}

TEST_P(Repeated, Perceptrons) {
  expect_same_digits("mlp", [&]() -> Trained {
    const Weights w = mlp(rand({30, 4}, options()), randint(3, {30}), 3, 0.01, 30);
    return {w.W1, w.W2, w.b1, w.b2};
  });
  // 150 rows make two batches of 64 and one of 22, so there are two programs; evaluation comes between them.
  expect_same_digits("train_digits", [&]() -> Trained {
    nn::Sequential net = digit_classifier(6, 3);
    net->to(GetParam());
    const Examples train{rand({150, 6}, options()), randint(3, {150})};
    const LearningCurve curve = train_digits(net, train, train, 0.003, 5);
    Trained results = net->parameters();
    results.push_back(losses_as_tensor(curve.loss));
    results.push_back(losses_as_tensor(curve.test_accuracy));
    return results;
  });
}

TEST_P(Repeated, Embeddings) {
  expect_same_digits("train_recommender", [&]() -> Trained {
    const Split parts = split(made_up_ratings(12, 9).to(kCPU, GetParam()));
    Recommender model(12, 9, 2, 3);
    model.to(GetParam());
    const TrainingErrors errors = train_recommender(model, parts, 0.05, 0.01, 6);
    Trained results = model.parameters();
    results.push_back(losses_as_tensor(errors.validation));
    return results;
  });
}

TEST_P(Repeated, Descents) {
  expect_same_digits("calculate_svd", [&]() -> Trained {
    const auto [U, S, V, losses] = calculate_svd(rand({5, 4}, options()), 0.9, 0.9, 100);
    return {U, S, V, losses_as_tensor(losses)};
  });
  expect_same_digits("calculate_inverse", [&]() -> Trained {
    const auto [inverse, losses] = calculate_inverse(rand({4, 4}, options()), 0.9, 0.9, 100);
    return {inverse, losses_as_tensor(losses)};
  });
}

INSTANTIATE_TEST_SUITE_P(Dtypes, Repeated, testing::Values(kFloat32, kFloat64),
                         [](const auto& one) { return std::string(gradus::name_of(one.param)); });

/// Compiled steps are kept in the build folder, not in the user's.
[[maybe_unused]] const int kCacheFolder = ::setenv("XDG_CACHE_HOME", GRADUS_LABS_FOLDER "/cache", 1);

// ---- What repeated() promises --------------------------------------------------------------------------------

TEST(RepeatedSteps, AreCapturedOnceForEachShape) {
  const Steps steps(StepsAre::replayed);
  int calls = 0;
  auto twice = repeated([&](const Tensor& x) {
    ++calls;
    return x * 2;
  });
  for (int i = 0; i < 4; ++i)
    for (const int64_t n : {3, 5})
      EXPECT_EQ(twice(full({n}, i, kFloat64)).sum().item<double>(), static_cast<double>(2 * i * n));
  EXPECT_EQ(calls, 2 * 2);  // for each shape the first call and the capture
}

TEST(RepeatedSteps, MayHaveNoResult) {
  const Tensor x = zeros({2}, kFloat64);
  for (const StepsAre how : {StepsAre::called, StepsAre::replayed}) {
    const Steps steps(how);
    auto step = repeated([&] { x.add_(1); });
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(step().defined());
  }
  EXPECT_EQ(x[0].item<double>(), 10);
}

TEST(RepeatedSteps, DoNotReadValues) {
  const Steps steps(StepsAre::replayed);
  const Tensor x = ones({2});
  auto step = repeated([&] { x.sum().item<double>(); });
  step();
  EXPECT_ERROR(step(), "item: a captured step must not read or write elements on the host");
}

TEST(RepeatedSteps, AreReplayedWithoutACompiler) {
  ::setenv("CXX", "/no/such/compiler", 1);
  const Tensor x = zeros({2}, kFloat64);
  const Steps steps(StepsAre::compiled);
  repeat(5, "adding", [&] { x.add_(1.25); });
  ::unsetenv("CXX");
  EXPECT_EQ(x[0].item<double>(), 6.25);
  EXPECT_NE(compiled_steps().find("there is no compiler /no/such/compiler"), std::string::npos)
      << compiled_steps();
}

}  // namespace
