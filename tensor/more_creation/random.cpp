// More of tensor/random.h: whole numbers, numbers in the shape of another tensor, and the state of the generator.
#include "tensor/random.h"

#include "kernels/random.h"
#include "tensor/create.h"

namespace gradus {

Tensor randint(int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  return randint(0, high, sizes, options);
}
Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  const Tensor drawn = allocate(sizes, options.dtype_or(kInt64)).random_(low, high);
  return drawn.to(options.device()).requires_grad_(options.requires_grad());
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
  host_work(kernels_of(x), "bernoulli",
            [probabilities, x] { draw::bernoulli(default_generator(), probabilities.raw(), x.raw()); });
  return x.to(p.device());
}

Tensor get_rng_state() { return tensor(default_generator().state()); }
void set_rng_state(const Tensor& state) {
  const Tensor numbers = state.cpu().contiguous();
  default_generator().set_state({numbers.data_ptr<int64_t>(), static_cast<size_t>(numbers.numel())});
}

}  // namespace gradus
