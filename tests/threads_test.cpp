// Threads with graphs of their own, shared parameters and shared results; the end of a thread and of a process.
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "gradus.h"

using namespace gradus;

namespace {

template <class F>
void in_threads(int count, const F& f) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back(f, t);
  for (std::thread& thread : threads) thread.join();
}

double loss_of(int seed) {
  Tensor w = full({8, 8}, 0.01 * (seed + 1)).requires_grad_();
  optim::Adam adam({w}, 0.01);
  double last = 0;
  for (int i = 0; i < 50; ++i) {
    adam.zero_grad();
    const Tensor loss = (tanh(ones({4, 8}).mm(w)) - 0.5).square().mean();
    loss.backward();
    adam.step();
    last = loss.item<double>();
  }
  return last;
}

TEST(Threads, GraphsOfTheirOwn) {
  std::vector<double> alone, together(8);
  for (int t = 0; t < 8; ++t) alone.push_back(loss_of(t));
  in_threads(8, [&](int t) { together[static_cast<size_t>(t)] = loss_of(t); });
  EXPECT_EQ(alone, together);
}

// Reading a model in many threads: every thread records a graph over the same leaves.
TEST(Threads, OneModelReadByMany) {
  nn::Linear net(4, 3);
  const Tensor x = ones({2, 4}), wanted = net->forward(x).detach();
  std::atomic<int> wrong = 0;
  in_threads(8, [&](int t) {
    for (int i = 0; i < 200; ++i) {
      if (t % 2) {
        const NoGradGuard no_grad;
        wrong += !equal(net->forward(x), wanted);
      } else {
        wrong += !equal(net->forward(x).detach(), wanted);
      }
    }
  });
  EXPECT_EQ(wrong, 0);
}

// Whole numbers have exact sums, whatever the order.
TEST(Threads, GradientsAddUp) {
  const Tensor w = ones({16}).requires_grad_();
  in_threads(8, [&](int t) {
    for (int i = 0; i < 100; ++i) (w * (t + 1)).sum().backward();
  });
  EXPECT_TRUE(equal(w.grad(), full({16}, 100.0 * 36)));
}

// A result may be made in one thread, differentiated in a second and dropped in a third.
TEST(Threads, AGraphMayMove) {
  for (int i = 0; i < 50; ++i) {
    const Tensor w = ones({4}).requires_grad_();
    Tensor y;
    std::thread([&] { y = (w * 3).exp().log().sum(); }).join();
    std::thread([&] { y.backward(); }).join();
    std::thread([moved = std::move(y)]() mutable { moved = Tensor(); }).join();
    EXPECT_TRUE(allclose(w.grad(), full({4}, 3.0)));
  }
}

// Tensors outlive the thread that made them, whose cache of blocks is gone.
TEST(Threads, MayEndBeforeTheirTensors) {
  std::vector<Tensor> kept(8);
  in_threads(8, [&](int t) {
    Tensor x = full({1000}, t * 1.0).requires_grad_();
    for (int i = 0; i < 10; ++i) kept[static_cast<size_t>(t)] = (x * 2).relu();
  });
  for (int t = 0; t < 8; ++t) EXPECT_EQ(kept[static_cast<size_t>(t)][999].item<double>(), 2.0 * t);
}

/// Runs f in a child process. Returns the child's exit status.
template <class F>
int in_child(const F& f) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // instead of waiting for ever
    f();
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

// Short loops do not need OpenMP's threads, which a child does not have.
TEST(Threads, AChildOfForkComputes) {
  const double wanted = loss_of(1);
  EXPECT_EQ(in_child([&] { _exit(loss_of(1) == wanted ? 0 : 1); }), 0);
}

/// A tensor with a graph, a generator and a model that are destroyed when the process ends.
struct Static {
  Tensor w = ones({3}).requires_grad_(), y;
  nn::Linear net{3, 2};
  ~Static() { y = (w * 2).sum(); }  // records while other static objects are being destroyed
};

TEST(Threads, StaticTensorsAreDestroyedAtTheEnd) {
  EXPECT_EQ(in_child([] {
              static Static kept;
              static thread_local Tensor of_thread = ones({2}).requires_grad_() * 2;
              kept.y = kept.net->forward(kept.w).sum() + of_thread.sum();
              std::thread([] {
                static thread_local Tensor own = ones({2}).requires_grad_() * 2;
                own = own.exp();
              }).join();
              std::exit(0);
            }),
            0);
}

}  // namespace
