// Pointwise functions, broadcasting and copies of 1e3, 1e6 and 1e7 float32 elements. The first size fits into
// the first cache, the second into the last cache, the third into no cache.
#include "benchmark.h"

namespace bench {
namespace {

struct Size {
  int64_t n;
  const char* text;
};
constexpr Size kSizes[] = {{1'000, "1e3"}, {1'000'000, "1e6"}, {10'000'000, "1e7"}};

/// y = f(x) for a tensor of each size.
template <class Function>
void add_unary(const std::string& name, Function f) {
  for (const auto& [n, text] : kSizes)
    add("elementwise/" + name + ", " + text, {.times_libtorch = 1}, [=, n = n] {
      Tensor x = 0.1 + 0.8 * rand({n});
      return [=] { return f(x); };
    });
}

/// The limit set by memory: a bare loop over arrays whose pages are already mapped.
void add_memory_limit(const std::string& name, int64_t n, bool two_inputs) {
  add_limit(name, 1, [=] {
    Tensor a = rand({n}), b = rand({n}), c = rand({n});
    const float *x = a.data_ptr<float>(), *y = b.data_ptr<float>();
    float* out = c.data_ptr<float>();
    return [=, keep = std::vector<Tensor>{a, b, c}] {
#pragma omp parallel for simd if (n > 100000)
      for (int64_t i = 0; i < n; ++i) out[i] = two_inputs ? x[i] + y[i] : x[i];
      benchmark::ClobberMemory();
    };
  });
}

void add_sums() {
  for (const auto& [n, text] : kSizes) {
    const std::string size = std::string(", ") + text;
    const double of_limit = n > 1'000'000 ? 0.9 : 0;
    add("elementwise/a + b" + size, {.times_libtorch = 1, .of_limit = of_limit}, [n = n] {
      Tensor a = rand({n}), b = rand({n});
      return [=] { return a + b; };
    });
    add_memory_limit("elementwise/a + b" + size, n, true);
    add("elementwise/a.add_(b)" + size, {.times_libtorch = 1, .of_limit = of_limit}, [n = n] {
      Tensor a = rand({n}), b = full({n}, 1e-9);
      return [=] { return a.add_(b); };
    });
    add_memory_limit("elementwise/a.add_(b)" + size, n, false);
    add("elementwise/clone" + size, {.times_libtorch = 1, .of_limit = of_limit}, [n = n] {
      Tensor a = rand({n});
      return [=] { return a.clone(); };
    });
    add_memory_limit("elementwise/clone" + size, n, false);
  }
}

void add_functions() {
  add_unary("2 * x", [](const Tensor& x) { return 2 * x; });
  add_unary("relu", [](const Tensor& x) { return relu(x); });
  add_unary("exp", [](const Tensor& x) { return exp(x); });
  add_unary("log", [](const Tensor& x) { return log(x); });
  add_unary("tanh", [](const Tensor& x) { return tanh(x); });
  add_unary("sigmoid", [](const Tensor& x) { return sigmoid(x); });
  add_unary("erf", [](const Tensor& x) { return erf(x); });
  add_unary("sqrt", [](const Tensor& x) { return sqrt(x); });
  add_unary("x < 0.5", [](const Tensor& x) { return x < 0.5; });
}

/// x ← f(x) in x's own memory.
void add_in_place() {
  add_unary("clamp_", [](const Tensor& x) { return x.clamp_(0.2, 0.7); });
  add_unary("relu_", [](const Tensor& x) { return x.relu_(); });
  add_unary("sqrt_", [](const Tensor& x) { return x.sqrt_(); });
  add_unary("zero_", [](const Tensor& x) { return x.zero_(); });
  for (const auto& [n, text] : kSizes)
    add("elementwise/masked_fill_, " + std::string(text), {.times_libtorch = 1}, [n = n] {
      Tensor x = rand({n}), mask = x < 0.5;
      return [=] { return x.masked_fill_(mask, 0.25); };
    });
}

/// Elements chosen by index tensors, by masks, and in order.
void add_indexing() {
  for (const auto& [n, text] : kSizes) {
    const std::string size = std::string(", ") + text;
    add("indexing/x.index({i})" + size, {.times_libtorch = 1}, [n = n] {
      Tensor x = rand({n}), i = randint(0, n, {n}, kInt64);
      return [=] { return x.index({i}); };
    });
    add("indexing/gather" + size, {.times_libtorch = 1}, [n = n] {
      Tensor x = rand({n}), i = randint(0, n, {n}, kInt64);
      return [=] { return x.gather(0, i); };
    });
    add("indexing/x.index_put_({mask}, 0.5)" + size, {.times_libtorch = 1}, [n = n] {
      Tensor x = rand({n}), mask = x < 0.5;
      return [=]() mutable { return x.index_put_({mask}, 0.5); };
    });
    if (n > 1'000'000) continue;
    add("indexing/sort" + size, {.times_libtorch = 1}, [n = n] {
      Tensor x = rand({n});
      return [=] { return std::get<0>(x.sort(0)); };
    });
  }
}

void add_broadcasts() {
  for (const int64_t n : {30, 1000, 3000}) {
    const std::string sizes = ", " + std::to_string(n) + "x" + std::to_string(n);
    add("broadcasting/matrix + row" + sizes, {.times_libtorch = 1}, [=] {
      Tensor a = rand({n, n}), b = rand({n});
      return [=] { return a + b; };
    });
    add("broadcasting/matrix * column" + sizes, {.times_libtorch = 1}, [=] {
      Tensor a = rand({n, n}), b = rand({n, 1});
      return [=] { return a * b; };
    });
    add("broadcasting/column + row, forward + backward" + sizes, {.times_libtorch = 1}, [=] {
      Tensor a = rand({n, 1}).requires_grad_(true), b = rand({1, n}).requires_grad_(true);
      return [=] {
        (a + b).sum().backward();
        forget_gradients({a, b});
      };
    });
    add("broadcasting/transpose, copied" + sizes, {.times_libtorch = 1}, [=] {
      Tensor a = rand({n, n});
      return [=] { return a.t().contiguous(); };
    });
    add("broadcasting/matrix + its transpose" + sizes, {.times_libtorch = 1}, [=] {
      Tensor a = rand({n, n});
      return [=] { return a + a.t(); };
    });
  }
}

}  // namespace

void add_benchmarks() {
  add_sums();
  add_functions();
  add_in_place();
  add_indexing();
  add_broadcasts();
}

}  // namespace bench
