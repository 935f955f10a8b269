// Captured steps. A replay gives the digits of the step itself, bit for bit. A step that a program cannot repeat is
// an Error. op_test captures and replays every op of the list, program_listing_test tests the listing and the drawing.
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>
#include <thread>

#include "expectations.h"
#include "gradus.h"
#include "same_bits.h"
#include "tensor/program/recording.h"

namespace gradus {
namespace {

// ---- Values --------------------------------------------------------------------------------------------------

TEST(Program, AReplayComputesWithTheValuesThatAreThereNow) {
  const Tensor x = tensor({1.0, 2.0}, kFloat64);
  Tensor y;
  Program program = capture([&] { y = x * x + 1; });
  EXPECT_TRUE(same_bits(y, tensor({2.0, 5.0}, kFloat64)));
  x.copy_(tensor({3.0, 4.0}, kFloat64));
  program.replay();
  EXPECT_TRUE(same_bits(y, tensor({10.0, 17.0}, kFloat64))) << y;
}

/// A small classifier with dropout, its data, and the values after each of `steps` steps.
struct Training {
  nn::Sequential net{nullptr};
  Tensor x, target, loss;

  Training() {
    manual_seed(7);
    net = nn::Sequential(nn::Linear(5, 16), nn::Tanh(), nn::Dropout(0.3), nn::Linear(16, 3));
    x = randn({8, 5});
    target = randint(3, {8});
  }
  void step(optim::Optimizer& optimizer) {
    optimizer.zero_grad();
    loss = nn::functional::cross_entropy(net->forward(x), target);
    loss.backward();
    optimizer.step();
  }
};

/// Trains eagerly and by replays, with a new batch and a new learning rate for each step, and compares all numbers.
template <class MakeOptimizer>
void expect_same_training(MakeOptimizer make_optimizer) {
  std::vector<std::vector<Tensor>> ends;
  std::vector<std::vector<double>> losses;
  for (const bool replays : {false, true}) {
    Training training;
    auto optimizer = make_optimizer(training.net->parameters());
    optim::StepLR schedule(*optimizer, 3, 0.5);
    Program program;
    std::vector<double> numbers;
    for (int i = 0; i < 20; ++i) {
      training.x.normal_();
      training.target.copy_(randint(3, {8}));
      if (!replays || i == 0)
        training.step(*optimizer);
      else if (i == 1)
        program = capture([&] { training.step(*optimizer); });
      else
        program.replay();
      schedule.step();
      numbers.push_back(training.loss.template item<double>());
    }
    losses.push_back(numbers);
    ends.push_back(training.net->parameters());
  }
  EXPECT_EQ(losses[0], losses[1]);
  for (size_t i = 0; i < ends[0].size(); ++i)
    EXPECT_TRUE(same_bits(ends[0][i], ends[1][i])) << "parameter " << i;
}

TEST(Program, TrainingByReplaysIsTrainingBitForBit) {
  using Parameters = const std::vector<Tensor>&;
  expect_same_training([](Parameters list) { return std::make_unique<optim::SGD>(list, 0.1); });
  expect_same_training([](Parameters list) {
    return std::make_unique<optim::SGD>(list, optim::SGDOptions(0.1).momentum(0.9).nesterov(true));
  });
  expect_same_training([](Parameters list) { return std::make_unique<optim::Adam>(list, 0.01); });
  expect_same_training([](Parameters list) {
    return std::make_unique<optim::Adam>(list, optim::AdamOptions(0.01).amsgrad(true));
  });
  expect_same_training([](Parameters list) { return std::make_unique<optim::RMSprop>(list, 0.01); });
  expect_same_training([](Parameters list) { return std::make_unique<optim::Adagrad>(list, 0.1); });
}

TEST(Program, AGradientThatExistsBeforeIsAddedTo) {
  const Tensor w = ones({2}, TensorOptions(kFloat64).requires_grad(true));
  w.sum().backward();
  Program program = capture([&] { w.sum().backward(); });
  program.replay();
  program.replay();
  EXPECT_TRUE(same_bits(w.grad(), full({2}, 4, kFloat64))) << w.grad();
}

TEST(Program, AGradientOfTheCaptureIsComputedAnew) {
  const Tensor w = ones({2}, TensorOptions(kFloat64).requires_grad(true));
  Program program = capture([&] {
    w.mutable_grad().reset();
    (w * w).sum().backward();
  });
  {
    const NoGradGuard no_grad;
    w.fill_(5);
  }
  program.replay();
  EXPECT_TRUE(same_bits(w.grad(), full({2}, 10, kFloat64))) << w.grad();
}

TEST(Program, RandomDrawsContinueTheGeneratorsSequence) {
  manual_seed(3);
  const Tensor first = rand({4}), second = rand({4}), third = bernoulli(second);
  manual_seed(3);
  Tensor drawn = rand({4});
  Tensor again, coins;
  Program program = capture([&] { again = rand({4}), coins = bernoulli(again); });
  EXPECT_TRUE(same_bits(again, second));
  manual_seed(3);
  drawn.uniform_();
  program.replay();
  EXPECT_TRUE(same_bits(again, second));
  EXPECT_TRUE(same_bits(coins, third));
}

// ---- Memory --------------------------------------------------------------------------------------------------

TEST(Program, NoOtherTensorGetsTheMemoryOfAProgram) {
  const Tensor x = ones({100}, kFloat64);
  Program program;
  double sum = 0;
  {
    Tensor y;
    program = capture([&] { y = ((x + 1) * 2 + 3).sum(); });
    sum = y.item<double>();
  }  // y is gone; the program still writes its memory
  std::vector<Tensor> others;
  for (int i = 0; i < 200; ++i) others.push_back(full({i % 2 ? 100 : 1}, i, kFloat64));
  program.replay();
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(same_bits(others[i], full({i % 2 ? 100 : 1}, i, kFloat64)));
  EXPECT_EQ(sum, 700);
}

TEST(Program, WhatIsCapturedStaysAlive) {
  Tensor y;
  Program program;
  {
    const Tensor x = arange(3, kFloat64);
    program = capture([&] { y = x * 2; });
  }
  const Tensor other = full({3}, 100, kFloat64);
  program.replay();
  EXPECT_TRUE(same_bits(y, tensor({0.0, 2.0, 4.0}, kFloat64)));
}

TEST(Program, TheStepsOwnPlanOfMemoryIsKept) {
  const Tensor x = ones({1000}, kFloat64);
  Tensor y;
  const Program program = capture([&] {
    const NoGradGuard no_grad;
    y = x + 1;
    for (int i = 0; i < 50; ++i) y = y * 1.5;
  });
  EXPECT_EQ(program.size(), 51u);
  EXPECT_LT(program.memory_bytes(), 4 * 8000u) << "two tensors of 8,000 bytes take turns";
}

TEST(Program, AnotherThreadsWorkIsNotCaptured) {
  const Tensor x = ones({4});
  Tensor y;
  Program program = capture([&] {
    std::thread other([&] { EXPECT_EQ((ones({4}) * 3).sum().item<double>(), 12); });
    y = x * 2;
    other.join();
  });
  EXPECT_EQ(program.size(), 1u);
}

TEST(Program, AProgramMayBeDroppedInAnotherThread) {
  const Tensor x = ones({4});
  Tensor y;
  Program program = capture([&] { y = (x * 2).exp(); });
  std::thread([dropped = std::move(program)] {}).join();
  EXPECT_TRUE(same_bits(y, exp(x * 2)));
}

TEST(Program, AnEmptyProgramDoesNothing) {
  Program program;
  program.replay();
  EXPECT_EQ(program.size(), 0u);
  const Program nothing = capture([] {});
  EXPECT_EQ(nothing.size(), 0u);
}

// ---- What cannot be captured ---------------------------------------------------------------------------------

TEST(Program, ReadingOnTheHostIsAnErrorThatNamesTheOp) {
  const Tensor x = ones({3}), mask = gt(x, 0);
  EXPECT_ERROR(capture([&] { x.sum().item<double>(); }), "item: a captured step must not read");
  EXPECT_ERROR(capture([&] { std::ostringstream() << x; }), "print: a captured step must not read");
  EXPECT_ERROR(capture([&] { x.data_ptr<float>(); }), "data_ptr: a captured step must not read");
  EXPECT_ERROR(capture([&] { tensor({1.0, 2.0}); }), "tensor: a captured step must not read");
  EXPECT_ERROR(capture([&] { nonzero(x); }), "nonzero: a captured step must not read");
  EXPECT_ERROR(capture([&] { x.index({mask}); }), "nonzero: a captured step must not read");
}

TEST(Program, AnErrorInsideOfACaptureLeavesEverythingAsItWouldBeOutside) {
  const Tensor x = ones({3}), y = ones({3});
  EXPECT_ERROR(capture([&] {
                 x.mul_(2);
                 x.reshape({7});
               }),
               "reshape");
  EXPECT_TRUE(same_bits(x, full({3}, 2.0)));
  EXPECT_EQ((y + 1).sum().item<double>(), 6) << "the ordinary kernels are in force again";
  Tensor z;
  Program program = capture([&] { z = y + 1; });
  program.replay();
  EXPECT_EQ(z.sum().item<double>(), 6);
}

TEST(Program, CapturesAreNotNested) {
  EXPECT_ERROR(capture([] { capture([] {}); }), "this thread captures a step already");
  Program program = capture([] { ones({3}); });
  EXPECT_ERROR(capture([&] { program.replay(); }), "replay: not inside of a capture");
}

TEST(Program, ATensorThatIsReplacedInsideOfTheStepIsNoticed) {
  Tensor w = ones({3});
  EXPECT_ERROR(capture([&] { w = w - 0.1; }), "first used by binary_scalar");
}

// ---- What has changed since the capture ----------------------------------------------------------------------

TEST(Program, OtherMemoryIsNoticed) {
  const Tensor x = ones({3});
  Tensor y;
  Program program = capture([&] { y = x * 2; });
  x.set_data(zeros({3}));
  EXPECT_ERROR(program.replay(), "was given other memory by set_data or to()");

  nn::Linear layer(3, 2);
  program = capture([&] { y = layer->forward(x); });
  layer->to(kFloat64);
  EXPECT_ERROR(program.replay(), "was given other memory by set_data or to()");
}

TEST(Program, AClearedGradientIsNoticed) {
  const Tensor w = ones({3}, TensorOptions().requires_grad(true));
  w.sum().backward();
  Program program = capture([&] { w.sum().backward(); });
  w.mutable_grad().reset();
  EXPECT_ERROR(program.replay(), "nobody else refers to any more");

  optim::SGD sgd({w}, 0.1);
  w.sum().backward();
  program = capture([&] {
    w.sum().backward();
    sgd.step();
  });
  program.replay();
  sgd.zero_grad();
  EXPECT_ERROR(program.replay(), "is not the one of the capture");
}

TEST(Program, AGradientThatTheStepMakesIsThereAgainAfterAReplay) {
  const Tensor w = ones({3}, TensorOptions().requires_grad(true));
  optim::SGD sgd({w}, 0.5);
  Program program = capture([&] {
    sgd.zero_grad();
    w.sum().backward();
    sgd.step();
  });
  const Tensor gradient = w.grad();
  sgd.zero_grad();
  program.replay();
  EXPECT_TRUE(w.grad().is_same(gradient));
  EXPECT_TRUE(same_bits(w, zeros({3}))) << w;
}

TEST(Program, TwoProgramsTrainWithOneOptimizer) {
  const auto train = [](bool replays) {
    Training training;
    optim::Adam adam(training.net->parameters(), 0.01);
    const Tensor large = training.x, large_target = training.target, small = large.slice(0, 0, 3),
                 small_target = large_target.slice(0, 0, 3);
    const auto step = [&](const Tensor& x, const Tensor& target) {
      training.x = x, training.target = target;
      training.step(adam);
    };
    step(large, large_target), step(small, small_target);
    Program on_large, on_small;
    if (replays) {
      on_large = capture([&] { step(large, large_target); });
      on_small = capture([&] { step(small, small_target); });
    }
    for (int i = replays; i < 6; ++i) {
      replays ? on_large.replay() : step(large, large_target);
      replays ? on_small.replay() : step(small, small_target);
    }
    return training.net->parameters();
  };
  const std::vector<Tensor> called = train(false), replayed = train(true);
  for (size_t i = 0; i < called.size(); ++i) EXPECT_TRUE(same_bits(called[i], replayed[i])) << i;
}

TEST(Program, AnOptimizerThatIsGoneIsNoticed) {
  const Tensor w = ones({3}, TensorOptions().requires_grad(true));
  w.sum().backward();
  Program program;
  {
    optim::SGD sgd({w}, 0.1);
    program = capture([&] { sgd.step(); });
    program.replay();
  }
  EXPECT_ERROR(program.replay(), "was moved or destroyed");
}

TEST(Program, IndicesAreCheckedAtEachReplay) {
  const Tensor table = randn({4, 2}), index = tensor({0, 3}), logits = randn({2, 4});
  Tensor rows, loss;
  Program lookup = capture([&] { rows = embedding(table, index); });
  Program classify = capture([&] { loss = nn::functional::cross_entropy(logits, index); });
  Program gathered = capture([&] { rows = table.index_select(0, index); });
  index.copy_(tensor({2, 4}));
  EXPECT_ERROR(lookup.replay(), "out of range for a table of 4 rows");
  EXPECT_ERROR(classify.replay(), "out of range for 4 classes");
  EXPECT_ERROR(gathered.replay(), "out of bounds for dimension 0 with size 4");
  index.copy_(tensor({2, 1}));
  gathered.replay();
  EXPECT_TRUE(same_bits(rows, table.index_select(0, index)));
}

TEST(Program, AnotherWayThroughTheStepIsNoticed) {
  const Tensor x = arange(4, kFloat64), index = tensor({0, 1});
  Tensor y;
  Program program = capture([&] { y = x.index({index}); });
  index.copy_(tensor({0, -1}));
  EXPECT_ERROR(program.replay(), "takes another way than in the capture");
}

TEST(Program, AGraphThatSavedAParameterNoticesTheReplay) {
  const Tensor w = ones({3}, TensorOptions().requires_grad(true));
  Program program = capture([&] {
    const NoGradGuard no_grad;
    w.mul_(2);
  });
  const Tensor y = (w * w).sum();
  program.replay();
  EXPECT_ERROR(y.backward(), "modified by an inplace operation");
}

// ---- The table of kernels ------------------------------------------------------------------------------------

TEST(Program, EveryKernelOfTheTableIsRecorded) {
  static const Kernels real = kernels_for(kCPU);
  const Kernels& recording = programs::recording_table(kCPU, real);
  const auto entries_of = [](const Kernels& table) {
    std::array<void*, sizeof(Kernels) / sizeof(void*)> entries;
    std::memcpy(entries.data(), &table, sizeof table);
    return entries;
  };
  const auto before = entries_of(real), after = entries_of(recording);
  size_t same = 0;
  for (size_t i = 0; i < before.size(); ++i) same += before[i] == after[i];
  // Five pointers are the same in both tables: the device's name, nonzero, sgd, adam and `memory`. A capture refuses
  // nonzero, and an optimiser's step is work of the host.
  EXPECT_EQ(same, 5u);
}

}  // namespace
}  // namespace gradus
