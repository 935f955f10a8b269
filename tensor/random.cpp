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

Tensor get_rng_state() { return tensor(default_generator().state()); }
void set_rng_state(const Tensor& state) {
  const Tensor numbers = state.cpu().contiguous();
  default_generator().set_state({numbers.data_ptr<int64_t>(), static_cast<size_t>(numbers.numel())});
}

Tensor rand(IntArrayRef sizes, const TensorOptions& options) {
  return finish(allocate(sizes, options.dtype()).uniform_(), options);
}
Tensor randn(IntArrayRef sizes, const TensorOptions& options) {
  return finish(allocate(sizes, options.dtype()).normal_(), options);
}
Tensor randint(int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  return randint(0, high, sizes, options);
}
Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  return finish(allocate(sizes, options.dtype_or(kInt64)).random_(low, high), options);
}
Tensor randperm(int64_t n, const TensorOptions& options) {
  check(n >= 0, "randperm: n must not be negative: ", n);
  const Tensor x = allocate(n, kInt64);
  draw::permutation(default_generator(), x.raw());
  return finish(x.to(options.dtype_or(kInt64)), options);
}
Tensor rand_like(const Tensor& x, const TensorOptions& options) {
  return rand(x.sizes(), x.options().merge_in(options));
}
Tensor randn_like(const Tensor& x, const TensorOptions& options) {
  return randn(x.sizes(), x.options().merge_in(options));
}
Tensor randint_like(const Tensor& x, int64_t high, const TensorOptions& options) {
  return randint_like(x, 0, high, options);
}
Tensor randint_like(const Tensor& x, int64_t low, int64_t high, const TensorOptions& options) {
  return randint(low, high, x.sizes(), x.options().merge_in(options));
}
Tensor bernoulli(const Tensor& p) {
  const Tensor probabilities = p.detach().cpu().contiguous();
  const Tensor x = allocate(p.sizes(), p.dtype());
  draw::bernoulli(default_generator(), probabilities.raw(), x.raw());
  return x.to(p.device());
}

}  // namespace gradus
