#include "tensor/random.h"

#include "kernels/random.h"
#include "tensor/create.h"

namespace gradus {
namespace {

Tensor finish(const Tensor& drawn, const TensorOptions& options) {
  const Tensor x = drawn.to(options.device());
  if (options.requires_grad()) x.requires_grad_();
  return x;
}

}  // namespace

Generator& default_generator() {
  static Generator generator;
  return generator;
}

void manual_seed(uint64_t seed) { default_generator().set_current_seed(seed); }

Tensor rand(IntArrayRef sizes, const TensorOptions& options) {
  return finish(allocate(sizes, options.dtype()).uniform_(), options);
}
Tensor randn(IntArrayRef sizes, const TensorOptions& options) {
  return finish(allocate(sizes, options.dtype()).normal_(), options);
}
Tensor randperm(int64_t n, const TensorOptions& options) {
  check(n >= 0, "randperm: n must not be negative: ", n);
  const Tensor x = allocate(n, kInt64);
  host_work(kernels_of(x), "randperm", [x] { draw::permutation(default_generator(), x.raw()); });
  return finish(x.to(options.dtype_or(kInt64)), options);
}

}  // namespace gradus
