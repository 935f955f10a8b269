// Calls that memory limits: elementwise functions, broadcasting, copies, reductions, functions of rows, embeddings, sorts
// and steps of optimisers, on 1e3 to 1e8 numbers. The bytes of a call are those that it must read and write at least.
#include <cmath>

#include "kernels/cuda/cuda_kernels.h"
#include "tests/benchmarks/cuda/measure.h"

namespace bench::cuda {
namespace {

namespace F = gradus::nn::functional;

/// Measures a call for each size. `make` gets the number of elements; `bytes` is per element.
template <class Make>
void for_sizes(Report& report, const char* section, const std::string& what, double bytes, Make make,
               Dtype dtype = kFloat32) {
  if (!report.wants(section)) return;
  for (const auto& [n, text] : sizes_up_to(report.settings().most))
    report.measure({section, what + ", " + text}, {0, bytes * static_cast<double>(n), dtype},
                   [make, n = n]() -> Call { return make(n); });
}

/// y = f(x) of one tensor.
template <class Function>
void unary(Report& report, const char* section, const std::string& what, double bytes, Function f,
           Dtype dtype = kFloat32) {
  for_sizes(
      report, section, what, bytes,
      [f, dtype](int64_t n) -> Call {
        const Tensor x = numbers({n}, dtype);
        return [=] { f(x); };
      },
      dtype);
}

void elementwise(Report& report) {
  const char* section = "elementwise";
  unary(report, section, "clone", 8, [](const Tensor& x) { return x.clone(); });
  unary(report, section, "2 * x", 8, [](const Tensor& x) { return 2 * x; });
  unary(report, section, "relu", 8, [](const Tensor& x) { return relu(x); });
  unary(report, section, "exp", 8, [](const Tensor& x) { return exp(x); });
  unary(report, section, "tanh", 8, [](const Tensor& x) { return tanh(x); });
  unary(
      report, section, "exp, float64", 16, [](const Tensor& x) { return exp(x); }, kFloat64);
  unary(report, section, "x < 0", 5, [](const Tensor& x) { return x < 0; });
  unary(report, section, "to float64", 12, [](const Tensor& x) { return x.to(kFloat64); });
  for_sizes(report, section, "a + b", 12, [](int64_t n) -> Call {
    const Tensor a = numbers({n}), b = numbers({n});
    return [=] { a + b; };
  });
  for_sizes(report, section, "a.add_(b)", 12, [](int64_t n) -> Call {
    const Tensor a = numbers({n}), b = zeros({n}, kCUDA);
    return [=] { a.add_(b); };
  });
}

/// The sides of a nearly square matrix of n numbers.
std::pair<int64_t, int64_t> square_of(int64_t n) {
  const auto side = static_cast<int64_t>(std::sqrt(static_cast<double>(n)));
  return {side, n / side};
}

void matrices(Report& report) {
  const auto matrix = [&](const char* section, const std::string& what, double bytes, auto f) {
    for_sizes(report, section, what, bytes, [f](int64_t n) -> Call {
      const auto [rows, columns] = square_of(n);
      const Tensor x = numbers({rows, columns}), row = numbers({columns}), column = numbers({rows, 1});
      return [=] { f(x, row, column); };
    });
  };
  const auto alone = [](auto f) {
    return [f](const Tensor& x, const Tensor&, const Tensor&) { return f(x); };
  };
  matrix("broadcasting", "matrix + row", 8,
         [](const Tensor& x, const Tensor& row, const Tensor&) { return x + row; });
  matrix("broadcasting", "matrix * column", 8,
         [](const Tensor& x, const Tensor&, const Tensor& column) { return x * column; });
  matrix("broadcasting", "transposed copy", 8, alone([](const Tensor& x) { return x.t().contiguous(); }));
  matrix("reductions", "sum()", 4, alone([](const Tensor& x) { return x.sum(); }));
  matrix("reductions", "sum of columns", 4, alone([](const Tensor& x) { return x.sum({0}); }));
  matrix("reductions", "sum of rows", 4, alone([](const Tensor& x) { return x.sum({1}); }));
  matrix("reductions", "max of rows", 4, alone([](const Tensor& x) { return x.amax({1}); }));
  matrix("reductions", "argmax of rows", 4, alone([](const Tensor& x) { return x.argmax(1); }));
  matrix("reductions", "variance of rows", 4, alone([](const Tensor& x) { return x.var({1}); }));
  matrix("reductions", "cumsum of rows", 8, alone([](const Tensor& x) { return x.cumsum(1); }));
}

/// Functions of rows of 1000 numbers, as kernels, without the tape. A gradient reads ȳ and y and writes x̄.
void rows(Report& report) {
  const Kernels& kernels = gradus::cuda::kernels();
  const auto row_wise = [&](const std::string& what, double bytes, auto f) {
    for_sizes(report, "rows of 1000", what, bytes, [f](int64_t n) -> Call {
      const Tensor x = numbers({n / 1000, 1000}), y = softmax(x, 1), out = empty_like(x),
                   each = ones({n / 1000, 1}, kCUDA),
                   target = zeros({n / 1000, 1}, TensorOptions(kInt64).device(kCUDA));
      return [=] { f(x, y, each, target, out); };
    });
  };
  using T = const Tensor&;
  row_wise("softmax", 8, [&](T x, T, T, T, T out) { kernels.softmax(x.raw(), out.raw()); });
  row_wise("softmax, gradient", 12,
           [&](T x, T y, T, T, T out) { kernels.softmax_gradient(x.raw(), y.raw(), out.raw()); });
  row_wise("log_softmax", 8, [&](T x, T, T, T, T out) { kernels.log_softmax(x.raw(), out.raw()); });
  row_wise("log_softmax, gradient", 12,
           [&](T x, T y, T, T, T out) { kernels.log_softmax_gradient(x.raw(), y.raw(), out.raw()); });
  row_wise("cross_entropy", 4,
           [&](T x, T, T each, T target, T) { kernels.cross_entropy(x.raw(), target.raw(), each.raw()); });
  row_wise("cross_entropy, gradient", 8, [&](T x, T, T each, T target, T out) {
    kernels.cross_entropy_gradient(each.raw(), x.raw(), target.raw(), out.raw());
  });
  row_wise("layer_norm", 8,
           [&](T x, T, T each, T, T out) { kernels.layer_norm(x.raw(), 1e-5, out.raw(), each.raw()); });
  row_wise("layer_norm, gradient", 12, [&](T x, T y, T each, T, T out) {
    kernels.layer_norm_gradient(x.raw(), y.raw(), each.raw(), out.raw());
  });
}

/// Rows of 64 numbers, taken from a table of 50,000 rows and added to them, n numbers in all.
void embeddings(Report& report) {
  const auto rows_of_table = [&](const std::string& what, double bytes, auto f) {
    for_sizes(report, "embeddings", what, bytes, [f](int64_t n) -> Call {
      const Tensor table = numbers({50'000, 64}), values = numbers({n / 64, 64}),
                   index = randint(0, 50'000, {n / 64}, kInt64).cuda();
      return [=] { f(table, index, values); };
    });
  };
  const Kernels& kernels = gradus::cuda::kernels();
  using T = const Tensor&;
  rows_of_table("rows of a table", 8 + 8. / 64,
                [&](T table, T index, T out) { kernels.gather_rows(table.raw(), index.raw(), out.raw()); });
  rows_of_table("rows added to a table", 12 + 8. / 64, [&](T table, T index, T values) {
    kernels.scatter_add_rows(index.raw(), values.raw(), table.raw());
  });
  for_sizes(report, "sort", "sort", 16, [](int64_t n) -> Call {
    const Tensor x = numbers({n});
    return [=] { x.sort(); };
  });
}

void optimisers(Report& report) {
  const auto steps = [&](const std::string& what, double bytes, auto make) {
    for_sizes(report, "optimisers", what, bytes, [make](int64_t n) -> Call {
      const Tensor parameter = numbers({n}).requires_grad_(true);
      parameter.mutable_grad() = 0.01 * numbers({n});
      using Optimiser = decltype(make(std::vector<Tensor>{parameter}));
      const auto optimiser = std::make_shared<Optimiser>(make(std::vector<Tensor>{parameter}));
      return [=] { optimiser->step(); };
    });
  };
  using P = const std::vector<Tensor>&;
  steps("SGD step", 12, [](P p) { return optim::SGD(p, 1e-6); });
  steps("SGD step with momentum", 20,
        [](P p) { return optim::SGD(p, optim::SGDOptions(1e-6).momentum(0.9)); });
  steps("Adam step", 28, [](P p) { return optim::Adam(p, 1e-6); });
}

}  // namespace

void memory_bound(Report& report) {
  elementwise(report);
  matrices(report);
  rows(report);
  embeddings(report);
  optimisers(report);
}

}  // namespace bench::cuda
