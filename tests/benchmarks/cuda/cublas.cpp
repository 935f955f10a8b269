#include "tests/benchmarks/cuda/cublas.h"

#include <dlfcn.h>

namespace bench::cuda {
namespace {

// From cublas_api.h. cuBLAS stores matrices by columns. It takes a matrix that is stored by rows for its transpose.
// Since Cᵀ = Bᵀ Aᵀ, B comes first.
using Create = int (*)(void** handle);
using Destroy = int (*)(void* handle);
using SetMathMode = int (*)(void* handle, int mode);
template <class T>
using Gemm = int (*)(void* handle, int transpose_a, int transpose_b, int m, int n, int k, const T* alpha,
                     const T* a, int row_of_a, const T* b, int row_of_b, const T* beta, T* c, int row_of_c);
constexpr int kSuccess = 0, kNotTransposed = 0, kDefaultMath = 0;  // the default never takes TF32

template <class T>
int gemm(void* function, void* handle, const gradus::Tensor& a, const gradus::Tensor& b,
         const gradus::Tensor& c) {
  const int n = static_cast<int>(a.size(0));
  const T one = 1, zero = 0;
  return reinterpret_cast<Gemm<T>>(function)(handle, kNotTransposed, kNotTransposed, n, n, n, &one,
                                             b.data_ptr<T>(), n, a.data_ptr<T>(), n, &zero, c.data_ptr<T>(),
                                             n);
}

}  // namespace

std::unique_ptr<Cublas> Cublas::find() {
  for (const char* name : {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"}) {
    void* library = dlopen(name, RTLD_NOW);
    if (!library) continue;
    std::unique_ptr<Cublas> cublas(new Cublas);
    cublas->library_ = library;
    const char* functions[] = {"cublasSgemm_v2", "cublasDgemm_v2", "cublasDestroy_v2"};
    for (int i = 0; i < 3; ++i) cublas->functions_[i] = dlsym(library, functions[i]);
    const auto create = reinterpret_cast<Create>(dlsym(library, "cublasCreate_v2"));
    const auto set_mode = reinterpret_cast<SetMathMode>(dlsym(library, "cublasSetMathMode"));
    if (create && set_mode && create(&cublas->handle_) == kSuccess &&
        set_mode(cublas->handle_, kDefaultMath) == kSuccess)
      return cublas;
  }
  return nullptr;
}

Cublas::~Cublas() {
  if (handle_) reinterpret_cast<Destroy>(functions_[2])(handle_);
}

void Cublas::multiply(const gradus::Tensor& a, const gradus::Tensor& b, const gradus::Tensor& c) const {
  const int status = a.dtype() == gradus::kFloat64 ? gemm<double>(functions_[1], handle_, a, b, c)
                                                   : gemm<float>(functions_[0], handle_, a, b, c);
  gradus::check(status == kSuccess, "cuBLAS: the product failed with status ", status);
}

}  // namespace bench::cuda
