// Matrix products: of square matrices of float32 and float64, n = 4 to 2048, compared with a bare call of
// OpenBLAS; the products of layers; the versions v1 to v3 in kernels/cpu/matmul.cpp:
//
//   build/benchmarks/tests/benchmarks/matmul --benchmark_filter=ladder
//
// and, if the build has a CUDA device (a GPU or the emulator), the versions in kernels/cuda/matmul.cu:
//
//   build/benchmarks/tests/benchmarks/matmul --benchmark_filter=cuda
#include "benchmark.h"

#if !GRADUS_LIBTORCH && GRADUS_HAVE_BLAS
#include <cblas.h>
#endif
#if !GRADUS_LIBTORCH
#include "kernels/cpu/cpu_kernels.h"
#include "kernels/plain/plain.h"
#endif
#if !GRADUS_LIBTORCH && GRADUS_HAVE_CUDA
#include "kernels/cuda/cuda_kernels.h"
#endif

namespace bench {
namespace {

#if !GRADUS_LIBTORCH && GRADUS_HAVE_BLAS
/// The limit: a bare call of OpenBLAS for C = A B.
template <class T>
void add_blas(const std::string& name, int n) {
  add_limit(name, 1, [=] {
    const auto type = std::is_same_v<T, float> ? kFloat32 : kFloat64;
    Tensor a = rand({n, n}, type), b = rand({n, n}, type), c = empty({n, n}, type);
    T *A = a.data_ptr<T>(), *B = b.data_ptr<T>(), *C = c.data_ptr<T>();
    return [=, keep = std::tuple(a, b, c)] {
      if constexpr (std::is_same_v<T, float>)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, A, n, B, n, 0, C, n);
      else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, A, n, B, n, 0, C, n);
    };
  });
}
#else
template <class T>
void add_blas(const std::string&, int) {}
#endif

template <class T>
void add_squares(const std::string& type_name) {
  for (const int n : {4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048}) {
    const std::string name = "matmul/" + type_name + ", n = " + std::to_string(n);
    add(name,
        {.times_libtorch = n <= 16 ? 5. : 0,
         .of_limit = n <= 64    ? 0.9
                     : n >= 256 ? 0.97
                                : 0},
        [=] {
          const auto type = std::is_same_v<T, float> ? kFloat32 : kFloat64;
          Tensor a = rand({n, n}, type), b = rand({n, n}, type);
          return [=] { return mm(a, b); };
        });
    add_blas<T>(name, n);
  }
}

void add_other_shapes() {
  const auto product = [](const std::string& name, std::vector<int64_t> left, std::vector<int64_t> right) {
    add("matmul/" + name, {.times_libtorch = 1}, [=] {
      Tensor a = rand(left), b = rand(right);
      return [=] { return matmul(a, b); };
    });
  };
  product("(64, 784) (784, 256)", {64, 784}, {784, 256});
  product("(1000, 1000) vector", {1000, 1000}, {1000});
  product("64 times (32, 32) (32, 32)", {64, 32, 32}, {64, 32, 32});
  add("matmul/(512, 512) by a transposed one", {.times_libtorch = 1}, [] {
    Tensor a = rand({512, 512}), b = rand({512, 512});
    return [=] { return mm(a, b.t()); };
  });
}

#if !GRADUS_LIBTORCH
void add_ladder() {
  using Product = void (*)(const View&, const View&, const View&);
  const std::pair<const char*, Product> steps[] = {
    {"v1 three loops", plain::kernels().matmul},
#if GRADUS_HAVE_FAST
    {"v2 tiles", cpu::matmul_v2},
#endif
#if GRADUS_HAVE_BLAS
    {"v3 BLAS", cpu::matmul_v3},
#endif
    {"what matmul() takes", kernels_for(DeviceType::CPU).matmul},
  };
  for (const int n : {16, 64, 512})
    for (const auto& [name, product] : steps) {
      add("ladder of matmul/n = " + std::to_string(n) + ", " + name, {}, [=, product = product] {
        Tensor a = rand({n, n}), b = rand({n, n}), c = empty({n, n});
        return [=] { product(a.raw(), b.raw(), c.raw()); };
      });
    }
}
#else
void add_ladder() {}
#endif

#if GRADUS_HAVE_CUDA && !GRADUS_LIBTORCH
void add_cuda_ladder() {
  if (!cuda::is_available()) return;
  using Product = void (*)(const View&, const View&, const View&);
  const std::pair<const char*, Product> steps[] = {
      {"v1 naive", cuda::matmul_v1},
      {"v2 tiles", cuda::matmul_v2},
      {"v3 registers", cuda::matmul_v3},
  };
  for (const auto& [name, product] : steps)
    add(std::string("ladder of matmul on cuda/n = 256, ") + name, {}, [product = product] {
      Tensor a = rand({256, 256}, kCUDA), b = rand({256, 256}, kCUDA), c = zeros({256, 256}, kCUDA);
      return [=] {
        product(a.raw(), b.raw(), c.raw());
        return c[0][0].item<float>();  // waits for the device
      };
    });
}
#else
void add_cuda_ladder() {}
#endif

}  // namespace

void add_benchmarks() {
  add_squares<float>("float32");
  add_squares<double>("float64");
  add_other_shapes();
  add_ladder();
  add_cuda_ladder();
}

}  // namespace bench
