// Products of square matrices: the steps of the ladder in kernels/cuda/matmul.cu, what matmul() takes, and cuBLAS.
#include <utility>

#include "kernels/cuda/cuda_kernels.h"
#include "tests/benchmarks/cuda/cublas.h"
#include "tests/benchmarks/cuda/measure.h"

namespace bench::cuda {
namespace {

using Product = void (*)(const View& a, const View& b, const View& out);
constexpr std::pair<const char*, Product> kLadder[] = {{"v1 naive", gradus::cuda::matmul_v1},
                                                       {"v2 tiles", gradus::cuda::matmul_v2},
                                                       {"v3 registers", gradus::cuda::matmul_v3},
                                                       {"v4 async", gradus::cuda::matmul_v4},
                                                       {"matmul()", gradus::cuda::matmul}};

void squares(Report& report, Dtype dtype, int64_t n, const Cublas* cublas) {
  const std::string what = std::string(name_of(dtype)) + ", n = " + std::to_string(n);
  const auto side = static_cast<double>(n);
  const Work work{2 * side * side * side, 3 * side * side * static_cast<double>(item_size(dtype)), dtype};
  const auto measure = [&](const char* way, auto multiply) {
    report.measure({"products", what, way}, work, [=]() -> Call {
      const Tensor a = numbers({n, n}, dtype), b = numbers({n, n}, dtype), c = empty_like(a);
      return [=] { multiply(a, b, c); };
    });
  };
  for (const auto& [way, product] : kLadder)
    measure(way, [product = product](const Tensor& a, const Tensor& b, const Tensor& c) {
      product(a.raw(), b.raw(), c.raw());
    });
  if (cublas)
    measure("cuBLAS", [=](const Tensor& a, const Tensor& b, const Tensor& c) { cublas->multiply(a, b, c); });
}

}  // namespace

void products(Report& report) {
  if (!report.wants("products")) return;
  const auto cublas = Cublas::find();
  for (const Dtype dtype : {kFloat32, kFloat64})
    for (int64_t n = 64; n <= report.settings().largest_product; n *= 2)
      squares(report, dtype, n, cublas.get());
}

}  // namespace bench::cuda
