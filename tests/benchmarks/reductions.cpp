// Reductions of 1e3, 1e6 and 1e7 float32 elements, and functions of rows: softmax, cross-entropy,
// layer norm, embedding.
#include "benchmark.h"

namespace bench {
namespace {

/// Reductions of a square matrix: of all its elements, of its rows, of its columns.
void add_reductions() {
  for (const int64_t n : {30, 1000, 3000}) {
    const std::string sizes = ", " + std::to_string(n) + "x" + std::to_string(n);
    const auto reduction = [&](const std::string& name, auto f) {
      add("reductions/" + name + sizes, {.times_libtorch = 1}, [=] {
        Tensor x = rand({n, n});
        return [=] { return f(x); };
      });
    };
    reduction("sum()", [](const Tensor& x) { return x.sum(); });
    add_limit("reductions/sum()" + sizes, 1, [=] {
      Tensor x = rand({n, n});
      return [=] {
        const float* data = x.data_ptr<float>();
        float total = 0;
#pragma omp parallel for simd reduction(+ : total) if (n > 300)
        for (int64_t i = 0; i < n * n; ++i) total += data[i];
        benchmark::DoNotOptimize(total);
      };
    });
    reduction("sum({0})", [](const Tensor& x) { return x.sum({0}); });
    reduction("sum({1})", [](const Tensor& x) { return x.sum({1}); });
    reduction("mean({1})", [](const Tensor& x) { return x.mean({1}); });
    reduction("max()", [](const Tensor& x) { return x.max(); });
    reduction("max(1)", [](const Tensor& x) { return std::get<0>(x.max(1)); });
    reduction("argmax(1)", [](const Tensor& x) { return x.argmax(1); });
    reduction("norm()", [](const Tensor& x) { return x.norm(); });
    reduction("var({1})", [](const Tensor& x) { return x.var({1}); });
    reduction("cumsum(1)", [](const Tensor& x) { return x.cumsum(1); });
  }
}

/// Forward and backward of a function of rows.
template <class Function>
void add_rows(const std::string& name, int64_t rows, int64_t columns, Function f) {
  add("rows/" + name + ", forward + backward, " + std::to_string(rows) + "x" + std::to_string(columns),
      {.times_libtorch = 1.2}, [=] {
        Tensor x = randn({rows, columns}).requires_grad_(true), g = rand({rows, columns});
        Tensor target = randint(0, columns, {rows}, kInt64);
        return [=] {
          Tensor y = f(x, target);
          y.backward(y.dim() == 0 ? Tensor() : g);
          forget_gradients({x});
        };
      });
}

void add_embedding(int64_t rows, int64_t width, int64_t lookups) {
  add("rows/embedding, forward + backward, " + std::to_string(lookups) + " rows of " + std::to_string(rows) +
          "x" + std::to_string(width),
      {.times_libtorch = 1.2}, [=] {
        nn::Embedding table(rows, width);
        Tensor index = randint(0, rows, {lookups}, kInt64), g = rand({lookups, width});
        return [=]() mutable {
          table->forward(index).backward(g);
          forget_gradients({table->weight});
        };
      });
}

}  // namespace

void add_benchmarks() {
  add_reductions();
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{64, 10}, {256, 1000}, {10000, 100}}) {
    add_rows("softmax", rows, columns, [](const Tensor& x, const Tensor&) { return x.softmax(1); });
    add_rows("log_softmax", rows, columns, [](const Tensor& x, const Tensor&) { return x.log_softmax(1); });
    add_rows("cross_entropy", rows, columns,
             [](const Tensor& x, const Tensor& target) { return F::cross_entropy(x, target); });
    add_rows("layer_norm", rows, columns, [=, columns = columns](const Tensor& x, const Tensor&) {
      return F::layer_norm(x, F::LayerNormFuncOptions({columns}));
    });
  }
  add_embedding(1000, 16, 256);
  add_embedding(50000, 64, 4096);
}

}  // namespace bench
