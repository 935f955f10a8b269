// Exceptions thrown by functions that a user passes in, small stacks, full disks and killed processes.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <thread>

#include "autograd/tools/gradcheck.h"
#include "expectations.h"
#include "gradus.h"
#include "in_folder.h"

using namespace gradus;
using autograd::live_node_count;
using autograd::variable_list;

namespace {

// ---- Exceptions -------------------------------------------------------------------------------------------------------

struct Thrown : std::exception {};

/// A function that throws in its backward, or already in its forward.
struct Throws : autograd::Function<Throws> {
  static Tensor forward(autograd::AutogradContext*, const Tensor& x, bool at_once) {
    if (at_once) throw Thrown();
    return x * 2;
  }
  static variable_list backward(autograd::AutogradContext*, variable_list) { throw Thrown(); }
};

struct ThrowingNet : nn::Module {
  nn::Linear linear = register_module("linear", nn::Linear(2, 2));
  Tensor forward(const Tensor& x) {
    const NoGradGuard no_grad;
    linear->forward(x);
    throw Thrown();
  }
};

/// The loss of a short training. It must be the same before and after an exception.
double trained_loss() {
  manual_seed(3);
  nn::Linear net(2, 1);
  optim::SGD sgd(net->parameters(), 0.1);
  Tensor loss;
  for (int i = 0; i < 3; ++i) {
    sgd.zero_grad();
    loss = net->forward(ones({4, 2})).square().mean();
    loss.backward();
    sgd.step();
  }
  return loss.item<double>();
}

TEST(Exceptions, FromAUsersFunctionLeaveNothingBehind) {
  const double wanted = trained_loss();
  const int64_t nodes = live_node_count();
  const auto x = [] { return ones({2, 2}).requires_grad_(); };
  const std::pair<const char*, std::function<void()>> programs[] = {
      {"a hook of a leaf",
       [&] {
         const Tensor leaf = x();
         leaf.register_hook([](const Tensor&) -> Tensor { throw Thrown(); });
         (leaf * 2).sum().backward();
       }},
      {"a hook of a result, while backward is recorded",
       [&] {
         const Tensor leaf = x(), y = leaf.exp();
         y.register_hook([](const Tensor&) -> Tensor { throw Thrown(); });
         autograd::grad({(y * y).sum()}, {leaf}, {}, {}, /*create_graph=*/true);
       }},
      {"a hook of a pass inside a pass",
       [&] {
         const Tensor leaf = x(), y = leaf.exp();
         y.register_hook([&](const Tensor& g) -> Tensor {
           const AutoGradMode recording(true);
           const Tensor inner = ones({2}).requires_grad_();
           inner.register_hook([](const Tensor&) -> Tensor { throw Thrown(); });
           (inner * inner).sum().backward();
           return g;
         });
         (y * y).sum().backward();
       }},
      {"Function::forward", [&] { Throws::apply(x(), true); }},
      {"Function::backward", [&] { Throws::apply(x(), false).sum().backward(); }},
      {"Function::backward in a checkpoint",
       [&] {
         autograd::checkpoint([](const Tensor& x) { return Throws::apply(x, false); }, x()).sum().backward();
       }},
      {"a checkpoint's function",
       [&] { autograd::checkpoint([](const Tensor&) -> Tensor { throw Thrown(); }, x()); }},
      {"a closure of SGD",
       [&] {
         nn::Linear net(2, 2);
         optim::SGD(net->parameters(), 0.1).step([]() -> Tensor { throw Thrown(); });
       }},
      {"a closure of LBFGS",
       [&] {
         nn::Linear net(2, 2);
         optim::LBFGS(net->parameters(), 0.1).step([]() -> Tensor { throw Thrown(); });
       }},
      {"Module::forward",
       [&] {
         ThrowingNet().forward(ones({1, 2}));
       }},
      {"gradcheck's function",
       [&] {
         autograd::gradcheck([](const variable_list&) -> Tensor { throw Thrown(); },
                             {ones({2}, kFloat64).requires_grad_()});
       }},
      {"jacobian's function",
       [&] { autograd::jacobian([](const Tensor&) -> Tensor { throw Thrown(); }, ones({2})); }}};
  for (const auto& [name, program] : programs) {
    SCOPED_TRACE(name);
    EXPECT_THROW(program(), Thrown);
    EXPECT_TRUE(GradMode::is_enabled());
    EXPECT_EQ(live_node_count(), nodes);
    EXPECT_EQ(trained_loss(), wanted);
    double elsewhere = 0;  // no lock is held
    std::thread([&] { elsewhere = trained_loss(); }).join();
    EXPECT_EQ(elsewhere, wanted);
  }
}

// ---- A small stack ----------------------------------------------------------------------------------------------------

/// Runs f in a thread with a stack of 256 KiB.
void on_small_stack(std::function<void()> f) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 << 10), 0);
  pthread_t thread;
  const auto call = [](void* function) -> void* {
    (*static_cast<std::function<void()>*>(function))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, call, &f), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(SmallStack, HoldsAMillionOps) {
  const int64_t nodes = live_node_count();
  on_small_stack([] {
    const Tensor x = ones({}).requires_grad_();
    Tensor y = x * 1;
    for (int i = 1; i < 1'000'000; ++i) y = i % 2 ? y + 1 : y.neg();
    y.backward();
    EXPECT_EQ(std::fabs(x.grad().item<double>()), 1);
    Tensor never_differentiated = x * 1;
    for (int i = 1; i < 1'000'000; ++i) never_differentiated = never_differentiated * 1;
  });
  EXPECT_EQ(live_node_count(), nodes);
}

TEST(SmallStack, HoldsLongChainsOfViewsAndOfRecordedBackward) {
  const int64_t nodes = live_node_count();
  on_small_stack([] {
    const Tensor x = ones({2}).requires_grad_(), y = x * 1;
    for (int i = 0; i < 20'000; ++i) y[i % 2].mul_(1);
    y.sum().backward();
    EXPECT_TRUE(equal(x.grad(), ones({2})));
    Tensor again = x * 1;
    for (int i = 0; i < 20'000; ++i) again = again.exp().log();
    const Tensor g = autograd::grad({again.sum()}, {x}, {}, {}, /*create_graph=*/true)[0];
    EXPECT_TRUE(g.defined());
  });
  EXPECT_EQ(live_node_count(), nodes);
}

// ---- Files ------------------------------------------------------------------------------------------------------------

class Interrupted : public InFolder {};

// The limit on the size of files acts as a full disk does: the write ends early.
TEST_F(Interrupted, AFullDiskKeepsTheOldFile) {
  save(ones({100}), "x.safetensors");
  const std::string before = read_file("x.safetensors");
  signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit small{4096, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string error = error_of([] { save(ones({100'000}), "x.safetensors"); });
  const std::string of_csv = error_of([] { replace_file("x.csv", std::string(100'000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &old_limit);
  EXPECT_EQ(error, "cannot write x.safetensors: File too large");
  EXPECT_EQ(of_csv, "cannot write x.csv: File too large");
  EXPECT_EQ(read_file("x.safetensors"), before);
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(Interrupted, AFullDeviceIsAnError) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "there is no /dev/full";
  EXPECT_EQ(error_of([] { save(ones({100'000}), "/dev/full"); }),
            "cannot write /dev/full: No space left on device");
}

bool has_files_without_names() {
  const int file = open(".", O_TMPFILE | O_WRONLY, 0600);
  if (file >= 0) close(file);
  return file >= 0;
}

// Child processes are killed while they save. Each time the file must be whole, and be the old or the new one. A child
// first names its draft and then renames it. If it is killed between the two, the draft stays. On a file system that
// has files without names, the draft is whole, too.
TEST_F(Interrupted, AKilledSaveLeavesAWholeFile) {
  const std::vector<Tensor> saved = {full({50'000}, 1.0), full({300'000}, 2.0)};
  save(saved[0], "x.safetensors");
  std::mt19937 random(1);
  for (int children = 0; children < 40; ++children) {
    const pid_t child = fork();
    if (child == 0)
      for (int i = 1;; ++i) save(saved[static_cast<size_t>(i % 2)], "x.safetensors");
    usleep(static_cast<useconds_t>(500 + random() % 12'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    for (const auto& entry : std::filesystem::directory_iterator(".")) {
      const std::string name = entry.path().filename();
      if (name != "x.safetensors" && !has_files_without_names()) continue;
      Tensor x;
      load(x, name);
      ASSERT_TRUE(equal(x, saved[0]) || equal(x, saved[1])) << name;
    }
  }
}

// ---- Resumption ---------------------------------------------------------------------------------------------------------

/// Trains for some steps, from files if there are any, and saves everything.
Tensor trained(int steps, bool from_files) {
  manual_seed(5);
  nn::Sequential net(nn::Linear(3, 8), nn::BatchNorm1d(8), nn::Dropout(0.3), nn::Linear(8, 1));
  optim::Adam adam(net->parameters(), optim::AdamOptions(0.05).weight_decay(0.01));
  if (from_files) {
    load(net, "net.safetensors");
    load(adam, "adam.safetensors");
    Tensor generator;
    load(generator, "generator.safetensors");
    set_rng_state(generator);
  }
  for (int i = 0; i < steps; ++i) {
    adam.zero_grad();
    net->forward(rand({6, 3})).square().mean().backward();
    adam.step();
  }
  save(net, "net.safetensors");
  save(adam, "adam.safetensors");
  save(get_rng_state(), "generator.safetensors");
  std::vector<Tensor> all;
  for (const Tensor& p : net->parameters()) all.push_back(p.detach().flatten());
  return cat(all);
}

TEST_F(Interrupted, AResumedTrainingIsTheSameBitForBit) {
  const Tensor at_once = trained(20, false);
  for (const int first : {1, 7, 19}) {
    trained(first, false);
    EXPECT_TRUE(equal(trained(20 - first, true), at_once)) << first;
  }
}

}  // namespace
