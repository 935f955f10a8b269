// cuBLAS, NVIDIA's library of matrix products. Our kernels are compared with it. The program loads it at run time, so it
// builds without cuBLAS's headers and starts without the library.
#pragma once

#include <memory>
#include <string>

#include "gradus.h"

namespace bench::cuda {

class Cublas {
 public:
  /// nullptr if there is no libcublas. The environment variable LD_LIBRARY_PATH says where else to look.
  static std::unique_ptr<Cublas> find();
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  /// C = A B of square matrices, all in float32 or all in float64. Never with TF32, which has 10 bits of fraction.
  void multiply(const gradus::Tensor& a, const gradus::Tensor& b, const gradus::Tensor& c) const;

 private:
  Cublas() = default;

  void* library_ = nullptr;
  void* handle_ = nullptr;
  void* functions_[3] = {};  // sgemm, dgemm, destroy
};

}  // namespace bench::cuda
