// Optimisers: every formula once more as a plain loop over doubles, then what a training loop relies on, and
// the minima that they must find. nn_test.cpp compares them with libtorch's trajectories as well.
#include "optim/optim.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/autograd.h"
#include "nn/nn.h"

using namespace gradus;

namespace {

template <class Statement>
std::string error_of(const Statement& statement) {
  try {
    statement();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Tensor parameter(const std::vector<double>& values) { return tensor(values, kFloat64).requires_grad_(); }

std::vector<double> values_of(const Tensor& x) {
  const Tensor flat = x.detach().contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

using Parameters = std::vector<Tensor>;
using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(Parameters)>;

template <class Optimizer, class Options>
MakeOptimizer make(const Options& options) {
  return [options](Parameters parameters) { return std::make_unique<Optimizer>(parameters, options); };
}

// ---- Formulas ---------------------------------------------------------------------------------------------

/// One number under optimisation, with all that any formula keeps for it.
struct Number {
  double p, m = 0, v = 0, largest = 0, b = 0;
  int t = 0;
};
using Formula = std::function<void(Number& x, double g)>;

struct Rule {
  const char* name;
  MakeOptimizer optimizer;
  Formula step;
};

void adam(Number& x, double g, double lr, double beta1, double beta2, double eps) {
  ++x.t;
  x.m = beta1 * x.m + (1 - beta1) * g;
  x.v = beta2 * x.v + (1 - beta2) * g * g;
  const double m = x.m / (1 - std::pow(beta1, x.t)), v = x.v / (1 - std::pow(beta2, x.t));
  x.p -= lr * m / (std::sqrt(v) + eps);
}

const Rule rules[] = {
    {"SGD", make<optim::SGD>(0.1), [](Number& x, double g) { x.p -= 0.1 * g; }},
    {"SGD_with_weight_decay", make<optim::SGD>(optim::SGDOptions(0.1).weight_decay(0.3)),
     [](Number& x, double g) { x.p -= 0.1 * (g + 0.3 * x.p); }},
    {"SGD_with_momentum", make<optim::SGD>(optim::SGDOptions(0.1).momentum(0.8).dampening(0.25)),
     [](Number& x, double g) {
       x.b = x.t++ == 0 ? g : 0.8 * x.b + 0.75 * g;
       x.p -= 0.1 * x.b;
     }},
    {"Nesterov", make<optim::SGD>(optim::SGDOptions(0.1).momentum(0.8).nesterov(true)),
     [](Number& x, double g) {
       x.b = 0.8 * x.b + g;
       x.p -= 0.1 * (g + 0.8 * x.b);
     }},
    {"Adam", make<optim::Adam>(0.05), [](Number& x, double g) { adam(x, g, 0.05, 0.9, 0.999, 1e-8); }},
    {"Adam_with_weight_decay",
     make<optim::Adam>(optim::AdamOptions(0.05).betas({0.7, 0.9}).eps(0.01).weight_decay(0.2)),
     [](Number& x, double g) { adam(x, g + 0.2 * x.p, 0.05, 0.7, 0.9, 0.01); }},
    {"AdamW", make<optim::AdamW>(optim::AdamWOptions(0.05).weight_decay(0.2)),
     [](Number& x, double g) {
       x.p *= 1 - 0.05 * 0.2;
       adam(x, g, 0.05, 0.9, 0.999, 1e-8);
     }},
    {"amsgrad", make<optim::Adam>(optim::AdamOptions(0.05).betas({0.5, 0.5}).amsgrad(true)),
     [](Number& x, double g) {
       ++x.t;
       x.m = 0.5 * x.m + 0.5 * g;
       x.v = 0.5 * x.v + 0.5 * g * g;
       x.largest = std::max(x.largest, x.v);
       const double correction = 1 - std::pow(0.5, x.t);
       x.p -= 0.05 * (x.m / correction) / (std::sqrt(x.largest / correction) + 1e-8);
     }},
    {"Adagrad",
     make<optim::Adagrad>(optim::AdagradOptions(0.3).lr_decay(0.01).initial_accumulator_value(0.5)),
     [](Number& x, double g) {
       x.v += g * g;
       x.p -= 0.3 / (1 + x.t++ * 0.01) * g / (std::sqrt(0.5 + x.v) + 1e-10);
     }},
    {"RMSprop", make<optim::RMSprop>(optim::RMSpropOptions(0.02).alpha(0.9)),
     [](Number& x, double g) {
       x.v = 0.9 * x.v + 0.1 * g * g;
       x.p -= 0.02 * g / (std::sqrt(x.v) + 1e-8);
     }},
    {"RMSprop_centered", make<optim::RMSprop>(optim::RMSpropOptions(0.02).centered(true).momentum(0.5)),
     [](Number& x, double g) {
       x.v = 0.99 * x.v + 0.01 * g * g;
       x.m = 0.99 * x.m + 0.01 * g;
       x.b = 0.5 * x.b + g / (std::sqrt(x.v - x.m * x.m) + 1e-8);
       x.p -= 0.02 * x.b;
     }},
};

class Formulas : public testing::TestWithParam<Rule> {};

// f = Σ (p - c)⁴ + sin p, a number at a time: its derivative is written out here.
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

INSTANTIATE_TEST_SUITE_P(Optim, Formulas, testing::ValuesIn(rules),
                         [](const auto& rule) { return std::string(rule.param.name); });

// ---- What a training loop relies on -----------------------------------------------------------------------

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
  for (const Rule& rule : rules) {
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

// One call of the kernel steps a whole group, which threads share: as many small optimisers must do the same.
TEST(Optimizer, StepsAGroupOfAnyDtypesAndSizesAsItStepsEachAlone) {
  for (const Rule& rule : rules) {
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
  for (const Rule& rule : rules) {
    Tensor p = parameter({1, 2});
    const void* memory = p.data_ptr();
    const auto version = p._version();
    const Tensor loss = p.square().sum();
    loss.backward({}, /*retain_graph=*/true);
    rule.optimizer({p})->step();
    EXPECT_EQ(p.data_ptr(), memory) << rule.name;
    EXPECT_GT(p._version(), version) << rule.name;
    EXPECT_TRUE(p.is_leaf() && p.requires_grad()) << rule.name;
    EXPECT_THROW(loss.backward(), Error) << rule.name << ": the graph saved what the step has changed";
  }
}

TEST(Optimizer, ForgetsOrZeroesGradients) {
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

TEST(Optimizer, RefusesWhatItCannotOptimise) {
  Tensor p = parameter({1, 2});
  EXPECT_EQ(
      error_of([&] { optim::SGD({p * 2}, 0.1); }),
      "can't optimize a non-leaf Tensor: this one of shape (2,) is the result of an op; optimise what it was "
      "computed from, or its detach()");
  EXPECT_EQ(error_of([&] {
              optim::SGD({p, p}, 0.1);
            }),
            "some parameters appear in more than one parameter group, or twice in one");
  EXPECT_EQ(error_of([&] { optim::SGD({arange(3)}, 0.1); }), "can't optimize a tensor of int64");
  EXPECT_EQ(error_of([&] { optim::SGD({Tensor()}, 0.1); }), "can't optimize an undefined tensor");
  EXPECT_EQ(error_of([&] { optim::SGD(Parameters(), 0.1); }), "optimizer got an empty parameter list");
  EXPECT_EQ(error_of([&] {
              optim::SGD sgd({{Parameters{p}, std::make_unique<optim::AdamOptions>()}}, optim::SGDOptions(1));
            }),
            "the options of a param group are those of another optimizer");
}

TEST(Optimizer, RefusesHyperparametersOutOfRange) {
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

TEST(Optimizer, NoticesParametersThatChangedUnderIt) {
  Tensor p = parameter({1, 2});
  optim::Adam adam({p}, 0.1);
  p.mutable_grad() = ones(2, kFloat32);
  EXPECT_EQ(error_of([&] { adam.step(); }),
            "optimizer: a parameter is float64 (2,) on cpu, but its gradient is float32 (2,) on cpu; change "
            "parameters "
            "(to, set_data) before the optimizer's first step");
  p.mutable_grad() = ones(2, kFloat64);
  adam.step();
  p.set_data(ones(3, kFloat64));
  p.mutable_grad() = ones(3, kFloat64);
  EXPECT_THROW(adam.step(), Error);  // its moments have two elements
  p.set_data(ones(2, kFloat64));
  p.mutable_grad() = ones(2, kFloat64);
  adam.step();  // an Error leaves the optimiser usable
}

// ---- Schedules --------------------------------------------------------------------------------------------

double lr_of(const optim::Optimizer& optimizer, size_t group = 0) {
  return optimizer.param_groups()[group].options().get_lr();
}

/// The rates before the first and after each of `steps` calls of step().
template <class Schedule>
std::vector<double> rates(const optim::Optimizer& optimizer, Schedule& schedule, int steps) {
  std::vector<double> lrs{lr_of(optimizer)};
  for (int step = 0; step < steps; ++step) {
    schedule.step();
    lrs.push_back(lr_of(optimizer));
  }
  return lrs;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-12) << "number " << i;
}

TEST(Schedules, FollowTheirFormulas) {
  Tensor p = parameter({1});
  {
    optim::SGD sgd({p}, 0.8);
    optim::ExponentialLR schedule(sgd, 0.5);
    expect_near(rates(sgd, schedule, 3), {0.8, 0.4, 0.2, 0.1});
  }
  {
    optim::SGD sgd({p}, 1);
    optim::CosineAnnealingLR schedule(sgd, 4, 0.2);
    const double quarter = 0.4 * std::sqrt(0.5);  // half the range · cos 45°
    expect_near(rates(sgd, schedule, 5), {1, 0.6 + quarter, 0.6, 0.6 - quarter, 0.2, 0.6 - quarter});
  }
  {
    optim::SGD sgd({p}, 7);  // the rate that it has does not matter
    optim::OneCycleLR schedule(sgd, 1, /*total_steps=*/10, /*pct_start=*/0.3, /*div_factor=*/4,
                               /*final_div_factor=*/5);
    const std::vector<double> lrs = rates(sgd, schedule, 9);
    EXPECT_NEAR(lrs[0], 0.25, 1e-12);
    EXPECT_NEAR(lrs[1], 0.625, 1e-12);  // halfway up
    EXPECT_NEAR(lrs[2], 1, 1e-12);
    EXPECT_GT(lrs[5], lrs[6]);
    EXPECT_NEAR(lrs[9], 0.05, 1e-12);
    EXPECT_THROW(schedule.step(), Error);
  }
  {
    optim::SGD sgd({p}, 2);
    optim::LambdaLR schedule(sgd, [](double t) { return 1 / (1 + t); });
    expect_near(rates(sgd, schedule, 3), {2, 1, 2.0 / 3, 0.5});
  }
}

TEST(ReduceLROnPlateau, WaitsThenReduces) {
  Tensor p = parameter({1}), q = parameter({1});
  using Scheduler = optim::ReduceLROnPlateauScheduler;
  optim::SGD sgd({optim::OptimizerParamGroup({p}), optim::OptimizerParamGroup({q})}, optim::SGDOptions(1));
  Scheduler schedule(sgd, Scheduler::min, /*factor=*/0.5, /*patience=*/1, /*threshold=*/0.1, Scheduler::rel,
                     /*cooldown=*/2, /*min_lr=*/{0.3F, 0.0F});
  std::vector<double> lrs;
  // 9.5 is not 10% better than 10; then two bad ones in a row; two calls of cooldown; two bad ones again
  for (double metric : {10.0, 9.5, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0}) {
    schedule.step(metric);
    lrs.push_back(lr_of(sgd));
  }
  expect_near(lrs, {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.3F, 0.3F});
  EXPECT_EQ(lr_of(sgd, 1), 0.25);

  optim::SGD other({p}, 1);
  Scheduler maximise(other, Scheduler::max, 0.1, 0, 1, Scheduler::abs);
  maximise.step(5);
  EXPECT_EQ(lr_of(other), 1);
  maximise.step(6.5);
  EXPECT_EQ(lr_of(other), 1);
  maximise.step(7);  // better, but not by 1
  EXPECT_EQ(lr_of(other), 0.1);
  EXPECT_EQ(error_of([&] { Scheduler(other, Scheduler::min, 1.0); }), "Factor should be < 1.0");
  EXPECT_THROW(Scheduler(sgd, Scheduler::min, 0.1, 10, 1e-4, Scheduler::rel, 0, {0.1F}), Error);
}

// ---- Minima -----------------------------------------------------------------------------------------------

using Surface = Tensor (*)(const Tensor& x, const Tensor& y);

Tensor rosenbrock(const Tensor& x, const Tensor& y) {
  return (1 - x).square() + 100 * (y - x.square()).square();
}
Tensor beale(const Tensor& x, const Tensor& y) {
  return (1.5 - x + x * y).square() + (2.25 - x + x * y.square()).square() +
         (2.625 - x + x * y.pow(3)).square();
}

/// Walks from `start`; the distance to `minimum` at the end.
double distance_after(int steps, const MakeOptimizer& make_optimizer, Surface surface,
                      const std::vector<double>& start, const std::vector<double>& minimum) {
  Tensor p = parameter(start);
  const auto optimizer = make_optimizer({p});
  for (int step = 0; step < steps; ++step)
    optimizer->step([&] {
      optimizer->zero_grad();
      const Tensor loss = surface(p[0], p[1]);
      loss.backward();
      return loss;
    });
  return std::hypot(values_of(p)[0] - minimum[0], values_of(p)[1] - minimum[1]);
}

const auto strong_wolfe = optim::LBFGSOptions(1).line_search_fn("strong_wolfe");

TEST(Minima, OfRosenbrocksValley) {
  const auto distance = [](int steps, const MakeOptimizer& make_optimizer) {
    return distance_after(steps, make_optimizer, rosenbrock, {-1.5, 2}, {1, 1});
  };
  EXPECT_LT(distance(20000, make<optim::SGD>(optim::SGDOptions(1e-4).momentum(0.99))), 1e-3);
  EXPECT_LT(distance(20000, make<optim::SGD>(optim::SGDOptions(1e-4).momentum(0.99).nesterov(true))), 1e-3);
  EXPECT_LT(distance(5000, make<optim::Adam>(0.02)), 1e-3);
  EXPECT_LT(distance(5000, make<optim::AdamW>(optim::AdamWOptions(0.02).weight_decay(0))), 1e-3);
  EXPECT_LT(distance(10000, make<optim::Adam>(optim::AdamOptions(0.02).amsgrad(true))), 1e-3);
  EXPECT_LT(distance(20000, make<optim::Adagrad>(0.5)), 1e-3);
  EXPECT_LT(distance(20000, make<optim::RMSprop>(optim::RMSpropOptions(1e-3).momentum(0.5))), 1e-2);
  EXPECT_LT(distance(4, make<optim::LBFGS>(strong_wolfe)), 1e-4);
}

TEST(Minima, OfBealesPlain) {
  const auto distance = [](int steps, const MakeOptimizer& make_optimizer) {
    return distance_after(steps, make_optimizer, beale, {1, 1}, {3, 0.5});
  };
  EXPECT_LT(distance(5000, make<optim::SGD>(optim::SGDOptions(1e-3).momentum(0.95))), 1e-3);
  EXPECT_LT(distance(5000, make<optim::Adam>(0.02)), 1e-3);
  EXPECT_LT(distance(5000, make<optim::AdamW>(optim::AdamWOptions(0.02).weight_decay(0))), 1e-3);
  EXPECT_LT(distance(5000, make<optim::Adagrad>(0.5)), 1e-3);
  EXPECT_LT(distance(5000, make<optim::RMSprop>(optim::RMSpropOptions(1e-3))), 1e-2);
  EXPECT_LT(distance(3, make<optim::LBFGS>(strong_wolfe)), 1e-4);
}

TEST(LBFGS, SolvesAQuadraticInAsManyStepsAsItHasDimensions) {
  // with exact line searches it would be conjugate gradients, which end after n steps; these are nearly exact
  Tensor p = parameter({3, -2, 1});
  const Tensor curvature = tensor({0.5, 1.0, 2.0}, kFloat64);
  optim::LBFGS lbfgs({p}, optim::LBFGSOptions(strong_wolfe).max_iter(12));
  const auto closure = [&] {
    lbfgs.zero_grad();
    const Tensor loss = (p.square() * curvature).sum();
    loss.backward();
    return loss;
  };
  EXPECT_EQ(lbfgs.step(closure).item<double>(), 10.5);
  EXPECT_LT(p.abs().max().item<double>(), 1e-6);
  EXPECT_LE(lbfgs.state().func_evals, 16);
  const int64_t iterations = lbfgs.state().n_iter;
  lbfgs.step(closure);  // at the minimum there is nothing to do
  EXPECT_LE(lbfgs.state().n_iter, iterations + 1);
}

TEST(LBFGS, RefusesWhatItCannotDo) {
  Tensor p = parameter({1});
  optim::LBFGS lbfgs({p});
  EXPECT_EQ(error_of([&] { lbfgs.step(nullptr); }), "LBFGS requires a closure function");
  EXPECT_EQ(error_of([&] { optim::LBFGS({p}, optim::LBFGSOptions().line_search_fn("armijo")); }),
            "only 'strong_wolfe' is supported, not 'armijo'");
  EXPECT_EQ(error_of([&] {
              optim::LBFGS({optim::OptimizerParamGroup({p}), optim::OptimizerParamGroup({parameter({2})})});
            }),
            "LBFGS doesn't support per-parameter options (parameter groups)");
}

TEST(Minima, OfAQuadraticBowl) {
  for (const Rule& rule : rules) {
    if (std::string(rule.name).find("weight_decay") != std::string::npos || rule.name == std::string("AdamW"))
      continue;
    Tensor p = parameter({3, -2, 1});
    const Tensor centre = tensor({1.0, 0.5, -1.0}, kFloat64), curvature = tensor({0.5, 1.0, 2.0}, kFloat64);
    const auto optimizer = rule.optimizer({p});
    for (int step = 0; step < 2000; ++step) {
      optimizer->zero_grad();
      ((p - centre).square() * curvature).sum().backward();
      optimizer->step();
    }
    // RMSprop's steps do not shrink: it ends by circling the minimum at a distance of about lr.
    const double reach = std::string(rule.name).starts_with("RMSprop") ? 0.05 : 1e-4;
    EXPECT_LT((p - centre).abs().max().item<double>(), reach) << rule.name;
  }
}

TEST(Minima, WeightDecayPullsTowardsZero) {
  // argmin of ½ (p - 1)² + ½ λ p² is 1 / (1 + λ)
  Tensor p = parameter({3});
  optim::SGD sgd({p}, optim::SGDOptions(0.1).weight_decay(0.25));
  for (int step = 0; step < 500; ++step) {
    sgd.zero_grad();
    ((p - 1).square() * 0.5).sum().backward();
    sgd.step();
  }
  EXPECT_NEAR(values_of(p)[0], 0.8, 1e-12);
}

TEST(Minima, AnMlpLearnsXor) {
  const Tensor x = tensor({{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}}), y = tensor({0, 1, 1, 0});
  for (uint64_t seed : {0, 1, 2}) {
    manual_seed(seed);
    nn::Sequential net(nn::Linear(2, 8), nn::Tanh(), nn::Linear(8, 2));
    optim::Adam adam(net->parameters(), 0.05);
    for (int epoch = 0; epoch < 300; ++epoch) {
      adam.zero_grad();
      nn::functional::cross_entropy(net(x), y).backward();
      adam.step();
    }
    EXPECT_TRUE(equal(net(x).argmax(1), y)) << "seed " << seed;
    EXPECT_LT(nn::functional::cross_entropy(net(x), y).item<double>(), 0.02) << "seed " << seed;
  }
}

TEST(Minima, FactorisationReachesTheSvdBound) {
  const Tensor A = tensor({{0.3374, 0.6005, 0.1735}, {3.3359, 0.0492, 1.8374}, {2.9407, 0.5301, 2.2620}});
  manual_seed(0);
  Tensor U = rand({3, 2}, requires_grad()), V = rand({3, 2}, requires_grad());
  optim::Adam adam({U, V}, 0.05);
  for (int step = 0; step < 500; ++step) {
    auto loss = (U.mm(V.t()) - A).pow(2).sum();
    adam.zero_grad();
    loss.backward();
    adam.step();
  }
  EXPECT_NEAR((U.mm(V.t()) - A).pow(2).sum().item<double>(), 0.1219, 5e-5);
}

}  // namespace
