// The cost of the tape: ops on tensors so small that their arithmetic takes no time.
#include "benchmark.h"

namespace bench {
namespace {

constexpr int kChain = 1000;

/// Times a chain of kChain calls of `apply` on a small tensor, and its backward pass. `apply` records `ops`
/// ops. `before` runs first and is not timed. The table has the cost of one recorded op.
template <class Op>
void add_chain(
    const std::string& op, IntArrayRef sizes, Op apply, int ops = 1, void (*before)() = [] {}) {
  const std::vector<int64_t> shape(sizes.begin(), sizes.end());
  add("micro/" + op + ", recorded, forward + backward, per op",
      {.times_libtorch = 15, .nanoseconds = 100, .steps = 1.0 * ops * kChain}, [=] {
        before();
        Tensor x = (0.1 * rand(shape)).requires_grad_(true);
        return [=] {
          Tensor y = x;
          for (int i = 0; i < kChain; ++i) y = apply(y);
          y.sum().backward();
          forget_gradients({x});
        };
      });
}

void add_chains() {
  const Tensor small = full({4}, 0.999), matrix = full({3, 3}, 1.0 / 3);
  add_chain("a + b, 4 elements", {4}, [=](const Tensor& y) { return y + small; });
  add_chain("a * b, 4 elements", {4}, [=](const Tensor& y) { return y * small; });
  add_chain("0.999 * a, 4 elements", {4}, [](const Tensor& y) { return 0.999 * y; });
  add_chain("tanh, 4 elements", {4}, [](const Tensor& y) { return tanh(y); });
  add_chain(
      "exp(-a), 4 elements", {4}, [](const Tensor& y) { return exp(-y); }, /*ops=*/2);
  add_chain("mm, 3x3", {3, 3}, [=](const Tensor& y) { return mm(y, matrix); });
  add_chain("t, 3x3", {3, 3}, [](const Tensor& y) { return y.t(); });
  // The first long loop starts a second thread, if OpenMP may use one. From then on reference
  // counts are atomic.
  const auto long_loop = [] { rand({1000000}).add_(1); };
  add_chain(
      "a + b, 4 elements, after a long loop", {4}, [=](const Tensor& y) { return y + small; }, 1, long_loop);
  add_chain(
      "a * b, 4 elements, after a long loop", {4}, [=](const Tensor& y) { return y * small; }, 1, long_loop);
  add_chain(
      "t, 3x3, after a long loop", {3, 3}, [](const Tensor& y) { return y.t(); }, 1, long_loop);
}

void add_single_ops() {
  add("micro/a + b, one element, not recorded", {.times_libtorch = 15}, [] {
    Tensor a = rand({1}), b = rand({1});
    return [=] { return a + b; };
  });
  add("micro/a + b, one element, recorded", {.times_libtorch = 15}, [] {
    Tensor a = rand({1}).requires_grad_(true), b = rand({1});
    return [=] { return a + b; };
  });
  add("micro/a * a and backward()", {.times_libtorch = 15}, [] {
    Tensor a = rand({1}).requires_grad_(true);
    return [=] {
      (a * a).backward();
      forget_gradients({a});
    };
  });
}

void add_views() {
  const auto view = [](const std::string& name, auto look) {
    add("micro/view: " + name, {.times_libtorch = 1}, [=] {
      Tensor x = rand({6, 4});
      return [=] { return look(x); };
    });
  };
  view("x[2]", [](const Tensor& x) { return x[2]; });
  view("x[2][3]", [](const Tensor& x) { return x[2][3]; });
  view("x.t()", [](const Tensor& x) { return x.t(); });
  view("x.slice(0, 1, 5)", [](const Tensor& x) { return x.slice(0, 1, 5); });
  view("x.view({3, 8})", [](const Tensor& x) { return x.view({3, 8}); });
  view("x.unsqueeze(0)", [](const Tensor& x) { return x.unsqueeze(0); });
}

void add_creation() {
  const auto creation = [](const std::string& name, auto make) {
    add("micro/creation: " + name, {.times_libtorch = 1}, [=] { return make; });
  };
  creation("empty({4})", [] { return empty({4}); });
  creation("zeros({3, 3})", [] { return zeros({3, 3}); });
  creation("tensor(1.5)", [] { return tensor(1.5); });
  creation("tensor({{1, 2}, {3, 4}})", [] { return tensor({{1., 2.}, {3., 4.}}); });
  creation("rand({4})", [] { return rand({4}); });
  creation("tensor(1.5).item()", [] { return tensor(1.5).item<double>(); });
}

}  // namespace

void add_benchmarks() {
  add_chains();
  add_single_ops();
  add_views();
  add_creation();
}

}  // namespace bench
