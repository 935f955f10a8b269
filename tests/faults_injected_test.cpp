// Tests what happens when memory runs out. A training step, a save and a load are run again and again. Each time one
// more allocation succeeds before one allocation fails, or before all further ones fail. After a failure the parameters
// must be those from before the step or those from after it, and the file must be the old or the new one. The step can
// be repeated, and no memory is lost.
//
// This executable replaces operator new and aligned_alloc, from which the block cache takes its memory.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <new>

#include "gradus.h"
#include "in_folder.h"
#include "kernels/memory.h"

// ---- Allocations that fail ----------------------------------------------------------------------------------------

namespace {

int64_t allocations_left = -1;  // before one fails; -1: none fails
bool all_fail_then = false;
int64_t blocks = 0;  // allocated and not released
int64_t failed = 0;

bool this_one_fails() {
  if (allocations_left < 0) return false;
  if (allocations_left > 0) return --allocations_left, false;
  if (!all_fail_then) allocations_left = -1;
  ++failed;
  return true;
}

void* allocate(size_t bytes, size_t alignment) {
  if (this_one_fails()) return nullptr;
  void* block = nullptr;
  if (posix_memalign(&block, std::max(alignment, sizeof(void*)), bytes) != 0) return nullptr;
  ++blocks;
  return block;
}

void* allocate_or_throw(size_t bytes, size_t alignment = 16) {
  void* const block = allocate(bytes, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(void* block) {
  if (block != nullptr) --blocks;
  std::free(block);
}

}  // namespace

void* operator new(size_t bytes) { return allocate_or_throw(bytes); }
void* operator new[](size_t bytes) { return allocate_or_throw(bytes); }
void* operator new(size_t bytes, std::align_val_t a) {
  return allocate_or_throw(bytes, static_cast<size_t>(a));
}
void* operator new[](size_t bytes, std::align_val_t a) {
  return allocate_or_throw(bytes, static_cast<size_t>(a));
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 16); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 16); }
void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, size_t) noexcept { release(block); }
void operator delete[](void* block, size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { release(block); }

/// The block cache allocates with this and releases with free(), so these blocks are not counted.
extern "C" void* aligned_alloc(size_t alignment, size_t bytes) {
  if (this_one_fails()) return nullptr;
  void* block = nullptr;
  return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

using namespace gradus;

namespace {

// ---- Trying with one more allocation each time ----------------------------------------------------------------------

/// Runs `attempt` with 0, 1, 2 … allocations before the failure, until it succeeds. Calls `check` after each failure.
/// Returns the number of failures.
int64_t try_all(const std::function<void()>& attempt, const std::function<void()>& check) {
  int64_t failures = 0;
  for (const bool all : {false, true})
    for (int64_t before = 0;; ++before) {
      empty_block_cache();
      const int64_t failed_before = failed;
      all_fail_then = all;
      allocations_left = before;
      try {
        attempt();
      } catch (const std::bad_alloc&) {
      } catch (const Error&) {  // any other exception fails the test
      }
      allocations_left = -1;
      const bool all_allocated = failed == failed_before;
      if (!all_allocated) ++failures;
      SCOPED_TRACE("after " + std::to_string(before) + " allocations " + (all ? "all fail" : "one fails"));
      check();
      if (testing::Test::HasFailure() || all_allocated) break;
    }
  return failures;
}

// ---- A training step --------------------------------------------------------------------------------------------------

struct Net : nn::Module {
  nn::Linear hidden = register_module("hidden", nn::Linear(3, 4));
  nn::LayerNorm norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({4})));
  nn::Linear out = register_module("out", nn::Linear(4, 2));
  Tensor forward(const Tensor& x) { return out->forward(tanh(norm->forward(hidden->forward(x)))); }
};

/// Everything that a step changes.
std::vector<Tensor> copies(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& x : tensors) result.push_back(x.detach().clone());
  return result;
}

bool same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  bool all_equal = a.size() == b.size();
  for (size_t i = 0; all_equal && i < a.size(); ++i) all_equal = equal(a[i], b[i]);
  return all_equal;
}

struct Training {
  Net net;
  std::unique_ptr<optim::Optimizer> optimizer;
  Tensor x = tensor({{0.5, -1.0, 2.0}, {1.5, 0.25, -0.5}}), target = tensor({0, 1});

  void step() {
    optimizer->zero_grad();
    nn::functional::cross_entropy(net.forward(x), target).backward();
    optimizer->step();
  }
};

using Make = std::function<std::unique_ptr<optim::Optimizer>(std::vector<Tensor>)>;
template <class Optimizer, class Options>
Make make(Options options) {
  return [options](std::vector<Tensor> parameters) {
    return std::make_unique<Optimizer>(std::move(parameters), options);
  };
}

const std::pair<const char*, Make> kOptimizers[] = {
    {"SGD", make<optim::SGD>(optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.01))},
    {"Adam", make<optim::Adam>(optim::AdamOptions(0.1).amsgrad(true))},
    {"AdamW", make<optim::AdamW>(optim::AdamWOptions(0.1))},
    {"RMSprop", make<optim::RMSprop>(optim::RMSpropOptions(0.1).momentum(0.9).centered(true))},
    {"Adagrad", make<optim::Adagrad>(optim::AdagradOptions(0.1))}};

Training training(const Make& make) {
  manual_seed(1);
  Training t;
  t.optimizer = make(t.net.parameters());
  return t;
}

class MemoryRunsOut : public InFolder {};

TEST_F(MemoryRunsOut, InATrainingStep) {
  for (const auto& [name, make] : kOptimizers) {
    SCOPED_TRACE(name);
    std::vector<Tensor> first, second, third;
    {
      Training t = training(make);
      t.step();
      first = copies(t.net.parameters());
      t.step();
      second = copies(t.net.parameters());
      t.step();
      third = copies(t.net.parameters());
    }
    const int64_t before = blocks;
    int64_t failures = 0;
    {
      std::unique_ptr<Training> t;
      const auto restart = [&] {
        t = std::make_unique<Training>(training(make));
        t->step();
      };
      restart();
      failures = try_all([&] { t->step(); },
                         [&] {
                           const bool made = same(t->net.parameters(), second);
                           EXPECT_TRUE(made || same(t->net.parameters(), first))
                               << "some parameters moved, others not";
                           t->step();  // goes on as if nothing had happened
                           EXPECT_TRUE(same(t->net.parameters(), made ? third : second));
                           restart();
                         });
    }
    EXPECT_EQ(blocks, before) << "memory was lost";
    EXPECT_GT(failures, 20);
    std::printf("%s: %lld allocations failed\n", name, static_cast<long long>(failures));
    RecordProperty(name, std::to_string(failures));
  }
}

TEST_F(MemoryRunsOut, InASave) {
  Training t = training(kOptimizers[1].second);
  save(t.net, "net.safetensors");
  const std::string old = read_file("net.safetensors");
  t.step();
  save(t.net, "new.safetensors");
  const std::string fresh = read_file("new.safetensors");
  std::filesystem::remove("new.safetensors");
  const auto fail_everywhere = [&] {
    return try_all([&] { save(t.net, "net.safetensors"); },
                   [&] {
                     const std::string now = read_file("net.safetensors");
                     EXPECT_TRUE(now == old || now == fresh);
                     EXPECT_EQ(files_in_folder(), 1u);
                     replace_file("net.safetensors", old);
                   });
  };
  fail_everywhere();  // the first error allocates objects that live until the program ends, such as a locale
  const int64_t before = blocks;
  const int64_t failures = fail_everywhere();
  EXPECT_EQ(blocks, before) << "memory was lost";
  EXPECT_GT(failures, 20);
  std::printf("save: %lld allocations failed\n", static_cast<long long>(failures));
}

TEST_F(MemoryRunsOut, InALoad) {
  Training t = training(kOptimizers[1].second);
  t.step();
  const std::vector<Tensor> saved = copies(t.net.parameters());
  save(t.net, "net.safetensors");
  save(*static_cast<optim::Adam*>(t.optimizer.get()), "adam.safetensors");
  t.step();
  const std::vector<Tensor> newer = copies(t.net.parameters());
  const auto fail_everywhere = [&] {
    const int64_t failures =
        try_all([&] { load(t.net, "net.safetensors"); },
                [&] {
                  EXPECT_TRUE(same(t.net.parameters(), saved) || same(t.net.parameters(), newer));
                  const NoGradGuard no_grad;
                  for (size_t i = 0; i < newer.size(); ++i) t.net.parameters()[i].copy_(newer[i]);
                });
    auto& adam = *static_cast<optim::Adam*>(t.optimizer.get());
    return failures + try_all([&] { load(adam, "adam.safetensors"); }, [] {});
  };
  fail_everywhere();  // the first error allocates objects that live until the program ends, such as a locale
  const int64_t before = blocks;
  const int64_t failures = fail_everywhere();
  EXPECT_EQ(blocks, before) << "memory was lost";
  EXPECT_GT(failures, 20);
  std::printf("load: %lld allocations failed\n", static_cast<long long>(failures));
}

}  // namespace
