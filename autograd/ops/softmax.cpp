// softmax and its logarithm, along any dimension. The kernels work on the last one.
#include "autograd/ops/pointwise.h"

namespace gradus {
namespace {

Tensor along(void (*Kernels::*kernel)(const View&, const View&), const Tensor& x, int d) {
  const int last = std::max(static_cast<int>(x.dim()) - 1, 0);
  Tensor y = allocate_like(x.raw(), x.dtype(), x.device().type());
  View in = x.raw(), out = y.raw();
  if (in.dim == 0) in.dim = out.dim = 1, in.sizes[0] = out.sizes[0] = in.strides[0] = out.strides[0] = 1;
  for (View* view : {&in, &out}) {
    std::swap(view->sizes[d], view->sizes[last]);
    std::swap(view->strides[d], view->strides[last]);
  }
  (kernels_of(x).*kernel)(in, out);
  return y;
}

}  // namespace

// yᵢ = e^xᵢ / Σ e^xⱼ           x̄ = y (ȳ - Σ ȳⱼ yⱼ)
Tensor softmax(const Tensor& input, int64_t dim) {
  const Tensor x = as_floating_point(input);
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  const Tensor y = along(&Kernels::softmax, x, d);
  return record("softmax", y, wrt(x, [y = save_output(y), d](const Tensor& g) {
                  const Tensor gy = g * y;
                  return gy - y * sum(gy, {d}, true);
                }));
}

// yᵢ = xᵢ - ln Σ e^xⱼ          x̄ = ȳ - eʸ Σ ȳⱼ
Tensor log_softmax(const Tensor& input, int64_t dim) {
  const Tensor x = as_floating_point(input);
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  const Tensor y = along(&Kernels::log_softmax, x, d);
  return record("log_softmax", y,
                wrt(x, [y = save_output(y), d](const Tensor& g) { return g - exp(y) * sum(g, {d}, true); }));
}

}  // namespace gradus
