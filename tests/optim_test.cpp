// Optimisers: every formula is compared with a plain loop over doubles. Other tests are of properties that a
// training loop relies on. optim_reference_test.cpp compares the optimisers with libtorch's.
#include "optim/optim.h"

#include <gtest/gtest.h>

#include "autograd/autograd.h"
#include "nn/layers.h"
#include "nn/sequential.h"
#include "tensor/random.h"
#include "tests/expectations.h"
#include "tests/optim_rules.h"

using namespace gradus;
using namespace rules;

namespace {

class Formulas : public testing::TestWithParam<Rule> {};

// f(p) = Σ 0.1 (p - c)⁴ + sin p. The plain loop has its derivative, 0.4 (p - c)³ + cos p, for each number.
TEST_P(Formulas, AgreeWithAPlainLoop) {
  const std::vector<double> start = {-1.5, 0.25, 2, 0.5}, centre = {0.5, -0.5, 1, 0.5};
  Tensor p = parameter(start);
  const auto optimizer = GetParam().optimizer({p});
  std::vector<Number> plain;
  for (double value : start) plain.push_back({.p = value});
  for (int step = 0; step < 30; ++step) {
    optimizer->zero_grad();
    ((p - tensor(centre, kFloat64)).pow(4) * 0.1 + p.sin()).sum().backward();
    optimizer->step();
    const std::vector<double> values = values_of(p);
    for (size_t i = 0; i < plain.size(); ++i) {
      GetParam().step(plain[i], 0.4 * std::pow(plain[i].p - centre[i], 3) + std::cos(plain[i].p));
      ASSERT_NEAR(values[i], plain[i].p, 1e-10) << "number " << i << " after step " << step + 1;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Optim, Formulas, testing::ValuesIn(rules::all),
                         [](const auto& rule) { return std::string(rule.param.name); });

// ---- Properties that a training loop relies on --------------------------------------------------------------

TEST(Optimizer, AcceptsTheSpellingsOfLibtorch) {
  Tensor U = rand({3, 2}, requires_grad()), V = rand({3, 2}, requires_grad());
  const nn::Linear model(2, 2), other(2, 2);
  optim::Adam({U, V}, 0.05);
  optim::Adam({U, V}, optim::AdamOptions(0.05).betas({0.9, 0.999}));
  optim::Adam({U});
  optim::SGD(model->parameters(), 0.1);
  optim::SGD(model->parameters(), /*lr=*/1);
  optim::SGD groups({{model->parameters()}, {other->parameters(), std::make_unique<optim::SGDOptions>(0.5)}},
                    optim::SGDOptions(0.1));
  EXPECT_EQ(groups.size(), 4u);
  EXPECT_EQ(groups.param_groups()[0].options().get_lr(), 0.1);
  EXPECT_EQ(groups.param_groups()[1].options().get_lr(), 0.5);
}

TEST(Optimizer, SkipsParametersWithoutGradient) {
  Tensor used = parameter({1}), unused = parameter({1});
  optim::Adam adam({unused, used}, 0.1);
  (used * 2).sum().backward();
  adam.step();
  EXPECT_EQ(values_of(unused), std::vector<double>{1});
  EXPECT_NE(values_of(used), std::vector<double>{1});
  EXPECT_EQ(adam.state()[0].step, 0);
  EXPECT_EQ(adam.state()[1].step, 1);
}

TEST(Optimizer, TakesGradientsAndParametersOfAnyStrides) {
  for (const Rule& rule : rules::all) {
    Tensor plain = arange(6, kFloat64).reshape({2, 3}).requires_grad_();
    Tensor transposed = plain.detach().t().clone().t().requires_grad_();
    ASSERT_TRUE(equal(plain, transposed));
    const auto one = rule.optimizer({plain}), two = rule.optimizer({transposed});
    for (int step = 0; step < 3; ++step) {
      plain.mutable_grad() = plain.detach().sin();
      transposed.mutable_grad() = plain.grad().t().clone().t();
      one->step();
      two->step();
    }
    EXPECT_TRUE(allclose(plain, transposed, 1e-14, 1e-14)) << rule.name;
  }
}

// One kernel call updates a whole group and divides it among the threads. An optimiser for each parameter
// must give the same result.
TEST(Optimizer, UpdatesAGroupLikeSeparateParameters) {
  for (const Rule& rule : rules::all) {
    manual_seed(4);
    Parameters together, apart;
    for (const auto& [sizes, dtype] : std::initializer_list<std::pair<std::vector<int64_t>, Dtype>>{
             {{20000}, kFloat32}, {{0}, kFloat32}, {{150, 200}, kFloat32}, {{}, kFloat64}, {{7}, kFloat32}}) {
      together.push_back(rand(sizes, dtype).requires_grad_());
      apart.push_back(together.back().detach().clone().requires_grad_());
    }
    const auto one = rule.optimizer(together);
    std::vector<std::unique_ptr<optim::Optimizer>> many;
    for (const Tensor& p : apart) many.push_back(rule.optimizer({p}));
    for (int step = 0; step < 3; ++step) {
      for (const Parameters& parameters : {together, apart})
        for (const Tensor& p : parameters) p.mutable_grad() = p.detach().sin();
      one->step();
      for (const auto& optimizer : many) optimizer->step();
    }
    for (size_t i = 0; i < together.size(); ++i)
      EXPECT_TRUE(equal(together[i], apart[i])) << rule.name << ", parameter " << i;
  }
}

TEST(Optimizer, ChangesParametersInPlaceAndCountsTheirVersions) {
  for (const Rule& rule : rules::all) {
    Tensor p = parameter({1, 2});
    const void* memory = p.data_ptr();
    const auto version = p._version();
    const Tensor loss = p.square().sum();
    loss.backward({}, /*retain_graph=*/true);
    rule.optimizer({p})->step();
    EXPECT_EQ(p.data_ptr(), memory) << rule.name;
    EXPECT_GT(p._version(), version) << rule.name;
    EXPECT_TRUE(p.is_leaf() && p.requires_grad()) << rule.name;
    EXPECT_THROW(loss.backward(), Error)
        << rule.name << ": the step has changed a tensor that the graph saved";
  }
}

TEST(Optimizer, ZeroesOrDropsGradients) {
  Tensor p = parameter({1, 2});
  optim::SGD sgd({p}, 0.1);
  p.square().sum().backward();
  const Tensor gradient = p.grad();
  sgd.zero_grad(/*set_to_none=*/false);
  EXPECT_TRUE(p.grad().is_same(gradient));
  EXPECT_EQ(values_of(gradient), (std::vector<double>{0, 0}));
  sgd.zero_grad();
  EXPECT_FALSE(p.grad().defined());
}

TEST(Optimizer, RunsAClosureWithRecordingOn) {
  Tensor p = parameter({3});
  optim::SGD sgd({p}, 0.25);
  const NoGradGuard no_grad;
  const Tensor loss = sgd.step([&] {
    sgd.zero_grad();
    const Tensor loss = p.square().sum();
    loss.backward();
    return loss;
  });
  EXPECT_EQ(loss.item<double>(), 9);
  EXPECT_EQ(values_of(p), std::vector<double>{1.5});
  EXPECT_FALSE(GradMode::is_enabled());
}

TEST(Optimizer, ReadsItsOptionsAtEveryStep) {
  Tensor p = parameter({1});
  optim::SGD sgd({p}, 0.1);
  p.mutable_grad() = ones(1, kFloat64);
  sgd.step();
  static_cast<optim::SGDOptions&>(sgd.param_groups()[0].options()).lr(0.5);
  sgd.step();
  EXPECT_NEAR(values_of(p)[0], 0.4, 1e-15);
}

TEST(Optimizer, GivesEachGroupItsOptions) {
  Tensor a = parameter({1}), b = parameter({1}), c = parameter({1});
  optim::SGD sgd({a}, 0.1);
  sgd.add_param_group({{b}, std::make_unique<optim::SGDOptions>(0.2)});
  sgd.add_param_group(optim::OptimizerParamGroup({c}));
  for (const Tensor& p : {a, b, c}) p.mutable_grad() = ones(1, kFloat64);
  sgd.step();
  EXPECT_NEAR(values_of(a)[0], 0.9, 1e-15);
  EXPECT_NEAR(values_of(b)[0], 0.8, 1e-15);
  EXPECT_NEAR(values_of(c)[0], 0.9, 1e-15);
}

TEST(Optimizer, AllocatesNothingAfterItsFirstStep) {
  Tensor p = parameter({1, 2});
  optim::Adam adam({p}, 0.1);
  p.mutable_grad() = ones(2, kFloat64);
  adam.step();
  const void* memory = adam.state()[0].exp_avg.data_ptr();
  for (int step = 0; step < 5; ++step) adam.step();
  EXPECT_EQ(adam.state()[0].exp_avg.data_ptr(), memory);
}

/// One optimiser of each kind.
std::vector<std::pair<const char*, std::unique_ptr<optim::Optimizer>>> one_of_each(const Parameters& p) {
  std::vector<std::pair<const char*, std::unique_ptr<optim::Optimizer>>> all;
  all.emplace_back("SGD", std::make_unique<optim::SGD>(p, optim::SGDOptions(0.1).momentum(0.9)));
  all.emplace_back("Adam", std::make_unique<optim::Adam>(p, optim::AdamOptions(0.1)));
  all.emplace_back("amsgrad", std::make_unique<optim::Adam>(p, optim::AdamOptions(0.1).amsgrad(true)));
  all.emplace_back("AdamW", std::make_unique<optim::AdamW>(p, optim::AdamWOptions(0.1).amsgrad(true)));
  all.emplace_back("RMSprop", std::make_unique<optim::RMSprop>(
                                  p, optim::RMSpropOptions(0.1).momentum(0.9).centered(true)));
  all.emplace_back("Adagrad", std::make_unique<optim::Adagrad>(p, optim::AdagradOptions(0.1)));
  return all;
}

// The second parameter expands one number to 2⁴⁵ elements, so the memory for its state cannot be allocated.
TEST(Optimizer, StepsAllParametersOrNoneIfMemoryRunsOut) {
  const Tensor small = parameter({1, 2}),
               huge = zeros(1, kFloat64).expand({int64_t{1} << 45}).requires_grad_();
  for (const auto& [name, optimizer] : one_of_each({small, huge})) {
    small.set_data(tensor({1, 2}, kFloat64));
    small.mutable_grad() = ones({2}, kFloat64), huge.mutable_grad() = huge.detach();
    EXPECT_NE(error_of([&] { optimizer->step(); }).find("out of memory"), std::string::npos) << name;
    EXPECT_EQ(values_of(small), (std::vector<double>{1, 2})) << name;

    huge.mutable_grad().reset();  // a step after that is the first one
    optimizer->step();
    const std::vector<double> after = values_of(small);
    small.set_data(tensor({1, 2}, kFloat64));
    const auto fresh = one_of_each({small});
    const auto same = std::ranges::find(fresh, name, [](auto& item) { return item.first; });
    same->second->step();
    EXPECT_EQ(values_of(small), after) << name;
  }
}

TEST(Optimizer, LBFGSMovesSeveralParametersAsIfTheyWereOne) {
  const Tensor whole = parameter({1, 2, 3, 4, 5, 6}), a = parameter({1}), b = parameter({2, 3}),
               c = parameter({4, 5, 6}), curvature = arange(1, 7, kFloat64);
  const auto minimise = [&](std::vector<Tensor> parameters) {
    optim::LBFGS lbfgs(parameters, optim::LBFGSOptions(0.1).max_iter(5));
    lbfgs.step([&] {
      lbfgs.zero_grad();
      const Tensor loss = (cat(parameters).square() * curvature).sum();
      loss.backward();
      return loss;
    });
    return values_of(cat(parameters).detach());
  };
  EXPECT_EQ(minimise({a, b, c}), minimise({whole}));
}

TEST(Optimizer, LBFGSKeepsTheParametersIfTheClosureThrowsInALineSearch) {
  const Tensor p = parameter({1, 2});
  optim::LBFGS lbfgs({p}, optim::LBFGSOptions(1).line_search_fn("strong_wolfe"));
  int calls = 0;
  EXPECT_THROW(lbfgs.step([&] {
    if (++calls == 2) throw std::runtime_error("from the closure");
    lbfgs.zero_grad();
    const Tensor loss = p.square().sum();
    loss.backward();
    return loss;
  }),
               std::runtime_error);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(values_of(p), (std::vector<double>{1, 2}));
}

TEST(Optimizer, StepsATensorOfAModuleOnceEvenIfItIsRegisteredTwice) {
  const nn::Linear layer(2, 2);
  const nn::Sequential net(layer, nn::Linear(2, 2), layer);
  EXPECT_EQ(net->parameters().size(), 4u);
  const Tensor before = layer->weight.detach().clone();
  optim::SGD sgd(net->parameters(), 0.5);
  net->forward(ones({1, 2})).sum().backward();
  sgd.step();
  EXPECT_TRUE(layer->weight.detach().allclose(before - 0.5 * layer->weight.grad()));
}

TEST(Optimizer, OfUnsuitableTensorsIsAnError) {
  Tensor p = parameter({1, 2});
  EXPECT_EQ(error_of([&] { optim::SGD({p * 2}, 0.1); }),
            "can't optimize a non-leaf Tensor: this one of shape (2,) is the result of an op; "
            "optimise what it was computed from, or its detach()");
  EXPECT_EQ(error_of([&] {
              optim::SGD({p, p}, 0.1);
            }),
            "some parameters appear in more than one parameter group, or twice in one");
  optim::SGD sgd({p}, 0.1);
  EXPECT_EQ(error_of([&] { sgd.add_param_group(optim::OptimizerParamGroup({p})); }),
            "some parameters appear in more than one parameter group, or twice in one");
  EXPECT_EQ(error_of([&] { optim::SGD({arange(3)}, 0.1); }), "can't optimize a tensor of int64");
  EXPECT_EQ(error_of([&] { optim::SGD({Tensor()}, 0.1); }), "can't optimize an undefined tensor");
  EXPECT_EQ(error_of([&] { optim::SGD(Parameters(), 0.1); }), "optimizer got an empty parameter list");
  EXPECT_EQ(error_of([&] {
              optim::SGD sgd({{Parameters{p}, std::make_unique<optim::AdamOptions>()}}, optim::SGDOptions(1));
            }),
            "the options of a param group are those of another optimizer");
}

TEST(Optimizer, HyperparametersOutOfRangeAreErrors) {
  Tensor p = parameter({1});
  EXPECT_EQ(error_of([&] { optim::SGD({p}, -1.0); }), "Invalid learning rate: -1");
  EXPECT_EQ(error_of([&] { optim::SGD({p}, NAN); }), "Invalid learning rate: nan");
  EXPECT_EQ(error_of([&] { optim::SGD({p}, optim::SGDOptions(1).nesterov(true)); }),
            "Nesterov momentum requires a momentum and zero dampening");
  EXPECT_EQ(error_of([&] {
              optim::Adam({p}, optim::AdamOptions().betas({1.0, 0.9}));
            }),
            "Invalid beta parameter at index 0: 1");
  EXPECT_THROW(optim::AdamW({p}, optim::AdamWOptions().weight_decay(-1)), Error);
  EXPECT_THROW(optim::Adagrad({p}, optim::AdagradOptions().lr_decay(-1)), Error);
  EXPECT_THROW(optim::RMSprop({p}, optim::RMSpropOptions().momentum(-1)), Error);
  optim::SGD sgd({p}, 1);
  EXPECT_THROW(optim::StepLR(sgd, 0), Error);
}

TEST(Optimizer, NoticesParametersWithOtherDtypesOrShapes) {
  Tensor p = parameter({1, 2});
  optim::Adam adam({p}, 0.1);
  p.mutable_grad() = ones(2, kFloat32);
  EXPECT_EQ(error_of([&] { adam.step(); }),
            "optimizer: a parameter is float64 (2,) on cpu, but its gradient is float32 (2,) on cpu; "
            "change parameters (to, set_data) before the optimizer's first step");
  p.mutable_grad() = ones(2, kFloat64);
  adam.step();
  p.set_data(ones(3, kFloat64));
  p.mutable_grad() = ones(3, kFloat64);
  EXPECT_THROW(adam.step(), Error);  // Adam's moments still have two elements
  p.set_data(ones(2, kFloat64));
  p.mutable_grad() = ones(2, kFloat64);
  adam.step();  // an Error leaves the optimiser usable
}

// amsgrad is written in tensor ops; without it, a kernel computes the step. If gradients grow, the largest v
// is v itself, so both must agree.
template <class Optimizer, class Options>
void expect_that_the_kernel_agrees_with_the_ops(Options options) {
  Tensor by_kernel = parameter({1, -2, 0.5}), by_ops = parameter({1, -2, 0.5});
  const Tensor g = tensor({0.3, -0.2, 1.0}, kFloat64);
  Optimizer kernel({by_kernel}, options), ops({by_ops}, Options(options.amsgrad(true)));
  for (int step = 1; step <= 20; ++step) {
    by_kernel.mutable_grad() = g * step;
    by_ops.mutable_grad() = g * step;
    kernel.step();
    ops.step();
    ASSERT_TRUE(allclose(by_kernel, by_ops, 1e-13, 1e-14)) << "step " << step;
  }
  EXPECT_FALSE(kernel.state()[0].max_exp_avg_sq.defined());
  EXPECT_TRUE(ops.state()[0].max_exp_avg_sq.defined());
}

TEST(Adam, HasAKernelThatAgreesWithItsFormulaInTensorOps) {
  // Adam adds weight decay to the gradient. Too much of it could make the gradient shrink.
  expect_that_the_kernel_agrees_with_the_ops<optim::Adam>(
      optim::AdamOptions(0.05).betas({0.8, 0.9}).weight_decay(0.01));
  expect_that_the_kernel_agrees_with_the_ops<optim::AdamW>(
      optim::AdamWOptions(optim::AdamWOptions(0.05).betas({0.8, 0.9}).weight_decay(0.2)));
}

TEST(AdamW, IsAdamWithAnotherDefault) {
  Tensor p = parameter({1}), q = parameter({1});
  optim::AdamW adamw({p});
  adamw.add_param_group({{q}, std::make_unique<optim::AdamWOptions>(optim::AdamWOptions().lr(0.5))});
  for (const auto& group : adamw.param_groups()) {
    const auto* options = dynamic_cast<const optim::AdamWOptions*>(&group.options());
    ASSERT_NE(options, nullptr);
    EXPECT_EQ(options->weight_decay(), 1e-2);
  }
  EXPECT_EQ(adamw.param_groups()[1].options().get_lr(), 0.5);
  EXPECT_EQ(optim::AdamOptions().weight_decay(), 0);
}

}  // namespace
