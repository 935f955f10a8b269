// Optimisers must find known minima; learning-rate schedules must follow their formulas.
#include <gtest/gtest.h>

#include "autograd/autograd.h"
#include "nn/activations/activations.h"
#include "nn/layers.h"
#include "nn/losses.h"
#include "nn/sequential.h"
#include "optim/optim.h"
#include "tensor/random.h"
#include "tests/expectations.h"
#include "tests/optim_rules.h"

using namespace gradus;
using namespace rules;

namespace {

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
    optim::SGD sgd({p}, 7);  // the schedule does not use this rate
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
  // 9.5 is not 10% better than 10, 8 is. Two bad values reduce the rate. After two calls of cooldown, two bad
  // ones do again.
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

/// The distance to `minimum` after so many steps from `start`.
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
  // With exact line searches, L-BFGS is the method of conjugate gradients, which ends after n steps. Strong
  // Wolfe's searches are nearly exact.
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

TEST(LBFGS, MistakesAreNamed) {
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
  for (const Rule& rule : rules::all) {
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
    // RMSprop's steps do not shrink, so in the end it moves around the minimum at a distance of about lr.
    const double reach = std::string(rule.name).starts_with("RMSprop") ? 0.05 : 1e-4;
    EXPECT_LT((p - centre).abs().max().item<double>(), reach) << rule.name;
  }
}

TEST(Minima, WeightDecayPullsTowardsZero) {
  // The minimum of ½ (p - 1)² + ½ λ p² is at p = 1 / (1 + λ).
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
