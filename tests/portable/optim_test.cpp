// Optimisers and schedules, as far as Gradus and libtorch agree: all names must compile, and behave in the
// same way. tests/optim_reference_test.cpp compares the parameters after many steps with libtorch's.
#include <cmath>

#include "framework.h"

namespace portable {
namespace {

double number(const Tensor& x) { return x.item<double>(); }

Tensor one_with_gradient(double gradient = 1) {
  Tensor p = ones({1}, requires_grad());
  p.mutable_grad() = full({1}, gradient);
  return p;
}

TEST(Optimizers, TakeOptionsOrABareRate) {
  const nn::Linear model(2, 2);
  const std::vector<Tensor> p = model->parameters();
  optim::SGD(p, 0.1);
  optim::SGD(p, optim::SGDOptions(0.1).momentum(0.9).dampening(0).weight_decay(1e-4).nesterov(true));
  optim::Adam(p, 0.1);
  optim::Adam(
      p, optim::AdamOptions(0.1).betas(std::make_tuple(0.8, 0.9)).eps(1e-6).weight_decay(0.1).amsgrad(true));
  optim::AdamW(p, optim::AdamWOptions(0.1).betas({0.8, 0.9}).eps(1e-6).weight_decay(0.1).amsgrad(true));
  optim::Adagrad(
      p, optim::AdagradOptions(0.1).lr_decay(0.1).weight_decay(0.1).initial_accumulator_value(1).eps(1e-6));
  optim::RMSprop(
      p, optim::RMSpropOptions(0.1).alpha(0.9).eps(1e-6).weight_decay(0.1).momentum(0.9).centered(true));
  optim::LBFGS(p, optim::LBFGSOptions(1)
                      .max_iter(4)
                      .max_eval(5)
                      .tolerance_grad(1e-5)
                      .tolerance_change(1e-7)
                      .history_size(3)
                      .line_search_fn("strong_wolfe"));
  EXPECT_EQ(optim::AdamOptions().lr(), 1e-3);
  EXPECT_EQ(std::get<1>(optim::AdamOptions().betas()), 0.999);
  EXPECT_EQ(optim::AdamWOptions().weight_decay(), 1e-2);
  EXPECT_TRUE(fails_with("Invalid learning rate: -1", [&] { optim::SGD(p, -1.0); }));
  EXPECT_TRUE(fails_with("Invalid beta parameter at index 0: 1", [&] {
    optim::Adam(p, optim::AdamOptions().betas({1.0, 0.9}));
  }));
  EXPECT_TRUE(fails_with("Nesterov momentum requires a momentum and zero dampening",
                         [&] { optim::SGD(p, optim::SGDOptions(0.1).nesterov(true)); }));
}

TEST(Optimizers, StepByClosureOrWithout) {
  Tensor p = tensor({3.0}).requires_grad_();
  optim::SGD sgd({p}, 0.25);
  const auto closure = [&] {
    sgd.zero_grad();
    const Tensor loss = p.square().sum();
    loss.backward();
    return loss;
  };
  closure();
  sgd.step();
  EXPECT_EQ(number(p), 1.5);
  EXPECT_EQ(number(sgd.step(closure)), 2.25);
  EXPECT_EQ(number(p), 0.75);
}

TEST(Optimizers, HaveGroupsWithOptionsOfTheirOwn) {
  const Tensor a = one_with_gradient(), b = one_with_gradient(), c = one_with_gradient();
  std::vector<optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{a});
  groups.emplace_back(std::vector<Tensor>{b}, std::make_unique<optim::SGDOptions>(0.5));
  optim::SGD sgd(groups, optim::SGDOptions(0.25));
  sgd.add_param_group(optim::OptimizerParamGroup({c}));
  ASSERT_EQ(sgd.param_groups().size(), 3u);
  EXPECT_EQ(sgd.size(), 3u);
  EXPECT_EQ(sgd.param_groups()[1].options().get_lr(), 0.5);
  EXPECT_EQ(static_cast<optim::SGDOptions&>(sgd.defaults()).lr(), 0.25);
  for (auto& group : sgd.param_groups()) {
    auto& options = static_cast<optim::SGDOptions&>(group.options());
    options.lr(options.lr() / 2);
    for (auto& p : group.params()) EXPECT_TRUE(p.requires_grad());
  }
  sgd.param_groups()[2].options().set_lr(1);
  sgd.step();
  EXPECT_EQ(number(a), 0.875);
  EXPECT_EQ(number(b), 0.75);
  EXPECT_EQ(number(c), 0);
  EXPECT_TRUE(fails_with("can't optimize a non-leaf Tensor", [&] { optim::SGD({a * 2}, 0.1); }));
}

TEST(Optimizers, AreReachedThroughTheirBase) {
  const Tensor p = one_with_gradient();
  const std::unique_ptr<optim::Optimizer> optimizer =
      std::make_unique<optim::Adam>(std::vector<Tensor>{p}, 0.5);
  optimizer->step();
  EXPECT_NEAR(number(p), 0.5, 1e-6);
  optimizer->zero_grad();
  EXPECT_TRUE(!p.grad().defined() || number(p.grad()) == 0);
}

/// A user-defined optimiser: p ← p - lr · sign g.
struct SignDescent : optim::Optimizer {
  struct Options : optim::OptimizerCloneableOptions<Options> {
    explicit Options(double lr) : rate(lr) {}
    double& lr() { return rate; }
    const double& lr() const { return rate; }
    void lr(double value) { rate = value; }
    double rate;
  };
  SignDescent(std::vector<Tensor> parameters, double lr)
      : Optimizer({optim::OptimizerParamGroup(std::move(parameters))}, std::make_unique<Options>(lr)) {}
  Tensor step(LossClosure closure = nullptr) override {
    const Tensor loss = closure ? closure() : Tensor();
    const NoGradGuard no_grad;
    for (auto& group : param_groups())
      for (auto& p : group.params())
        if (p.grad().defined()) p.sub_(p.grad().sign(), static_cast<Options&>(group.options()).rate);
    return loss;
  }
};

TEST(Optimizers, CanBeDerivedFrom) {
  Tensor p = tensor({1.0, -2.0}).requires_grad_();
  SignDescent optimizer({p}, 0.5);
  p.square().sum().backward();
  optimizer.step();
  EXPECT_TRUE(equal(p, tensor({0.5, -1.5})));
}

TEST(LBFGS, MinimisesWithAndWithoutALineSearch) {
  for (const bool search : {false, true}) {
    Tensor p = tensor({-1.5, 2.0}, kFloat64).requires_grad_();
    auto options = optim::LBFGSOptions(search ? 1 : 0.1).max_iter(100);
    if (search) options.line_search_fn("strong_wolfe");
    optim::LBFGS lbfgs({p}, options);
    for (int step = 0; step < (search ? 1 : 10); ++step)
      lbfgs.step([&] {
        lbfgs.zero_grad();
        const Tensor loss = (p[0] - 1).square() + 10 * (p[1] - p[0].square()).square();
        loss.backward();
        return loss;
      });
    EXPECT_TRUE(allclose(p, ones({2}, kFloat64), 1e-4, 1e-4)) << p;
  }
}

TEST(StepLR, CutsTheRateInSteps) {
  optim::SGD sgd({one_with_gradient()}, 1.0);
  optim::StepLR schedule(sgd, /*step_size=*/2, /*gamma=*/0.5);
  std::vector<double> lrs;
  for (int epoch = 0; epoch < 6; ++epoch) {
    schedule.step();
    lrs.push_back(sgd.param_groups()[0].options().get_lr());
  }
  EXPECT_EQ(lrs, (std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25}));
}

/// A user-defined schedule.
struct Halving : optim::LRScheduler {
  explicit Halving(optim::Optimizer& optimizer) : LRScheduler(optimizer) {}
  std::vector<double> get_lrs() override {
    std::vector<double> lrs = get_current_lrs();
    for (double& lr : lrs) lr /= step_count_ + 2;
    return lrs;
  }
};

TEST(LRScheduler, CanBeDerivedFrom) {
  optim::SGD sgd({one_with_gradient()}, 6.0);
  Halving schedule(sgd);
  schedule.step();
  EXPECT_EQ(sgd.param_groups()[0].options().get_lr(), 3);
  schedule.step();
  EXPECT_EQ(sgd.param_groups()[0].options().get_lr(), 1);
}

// ---- Gradients and parameters of all layers together --------------------------------------------------------

TEST(Utils, ClipGradients) {
  Tensor a = tensor({3.0, 4.0}).requires_grad_(), b = tensor({12.0}).requires_grad_(), unused = ones({1});
  (a.square().sum() / 2 + b.square().sum() / 2).backward();
  EXPECT_NEAR(nn::utils::clip_grad_norm_({a, b, unused}, 1.3), 13, 1e-5);
  EXPECT_TRUE(same(a.grad(), tensor({0.3, 0.4})));
  nn::utils::clip_grad_value_({a, b}, 0.35);
  EXPECT_TRUE(same(b.grad(), tensor({0.35})));
  a.grad().fill_(INFINITY);
  EXPECT_TRUE(fails_with("is non-finite, so it cannot be clipped", [&] {
    nn::utils::clip_grad_norm_({a, b}, 1, 2, /*error_if_nonfinite=*/true);
  }));
}

TEST(Utils, CopyParametersToAVectorAndBack) {
  nn::Linear layer(3, 2);
  EXPECT_EQ(nn::utils::parameters_to_vector(layer->parameters()).sizes(), IntArrayRef({8}));
  nn::utils::vector_to_parameters(arange(8).to(kFloat32), layer->parameters());
  EXPECT_TRUE(equal(layer->weight, arange(6).to(kFloat32).reshape({2, 3})));
  EXPECT_TRUE(equal(layer->bias, tensor({6.0, 7.0})));
}

}  // namespace
}  // namespace portable
