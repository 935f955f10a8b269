// Softmax and its logarithm along any dimension, and cross-entropy along the last. Each gradient is one kernel.
// If the backward pass is itself recorded, ops compute the same gradient, so it has derivatives of every order.
#include "autograd/ops/pointwise.h"

namespace gradus {
namespace {

/// x with dimension d last, as the kernels expect it.
View with_last(const Tensor& x, int d) {
  View view = x.raw();
  if (view.dim == 0) view.dim = 1, view.sizes[0] = view.strides[0] = 1;
  view.exchange(d, view.dim - 1);
  return view;
}

/// x with one more dimension, of size 1: one element per row becomes a row of length 1.
View as_column(const Tensor& x) {
  View view = x.raw();
  view.sizes[view.dim] = view.strides[view.dim] = 1;
  ++view.dim;
  return view;
}

/// kernel(inputs…, out) along dimension d; the inputs and the result have one shape.
template <class Kernel, class... Tensors>
Tensor along(int d, Kernel Kernels::*kernel, const Tensor& x, const Tensors&... others) {
  Tensor y = allocate_like(x.raw(), x.dtype(), x.device().type());
  (kernels_of(x).*kernel)(with_last(x, d), with_last(others, d)..., with_last(y, d));
  return y;
}

/// Error unless `target` holds one class per row of x, each in range.
void check_classes(const Tensor& x, const Tensor& target) {
  check(x.dim() > 0 && x.dim() < kMaxDims && x.is_floating_point() && target.dtype() == kInt64 &&
            target.dim() == x.dim() - 1 &&
            std::equal(target.sizes().begin(), target.sizes().end(), x.sizes().begin()),
        "cross_entropy_rows: x must be floating point (…, classes) and the target int64 (…), not ", x.dtype(),
        " ", text(x.sizes()), " and ", target.dtype(), " ", text(target.sizes()));
  if (target.numel() == 0) return;
  host_work(kernels_of(target), "cross_entropy", [target, classes = x.size(-1)] {
    const int64_t least = min(target).item<int64_t>(), most = max(target).item<int64_t>();
    check(least >= 0 && most < classes, "cross_entropy_rows: target ", least < 0 ? least : most,
          " is out of range for ", classes, " classes");
  });
}

}  // namespace

// yᵢ = e^xᵢ / Σ e^xⱼ           x̄ = y (d - Σ dⱼ yⱼ)  with d = ȳ - ȳₖ for the largest yₖ, so that nothing cancels at yₖ ≈ 1
Tensor softmax(const Tensor& input, int64_t dim) {
  const Tensor x = as_floating_point(input);
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  const Tensor y = along(d, &Kernels::softmax, x);
  return record("softmax", y, wrt(x, saved(y), [d](const Tensor& g, const Tensor& y) {
                  if (!GradMode::is_enabled()) return along(d, &Kernels::softmax_gradient, g, y);
                  if (y.numel() == 0) return g;
                  const Tensor shifted = g - gather(g, d, argmax(y, d, /*keepdim=*/true));
                  return y * (shifted - sum(shifted * y, {d}, true));
                }));
}

// yᵢ = xᵢ - ln Σ e^xⱼ          x̄ᵢ = ȳᵢ - eʸⁱ Σ ȳⱼ = ȳᵢ (1 - eʸⁱ) - eʸⁱ Σⱼ≠ᵢ ȳⱼ
Tensor log_softmax(const Tensor& input, int64_t dim) {
  const Tensor x = as_floating_point(input);
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  const Tensor y = along(d, &Kernels::log_softmax, x);
  return record("log_softmax", y, wrt(x, saved(y), [d](const Tensor& g, const Tensor& y) {
                  if (!GradMode::is_enabled()) return along(d, &Kernels::log_softmax_gradient, g, y);
                  return -(g * expm1(y)) - exp(y) * (sum(g, {d}, true) - g);
                }));
}

// ℓ = -ln softmax(x)ₜ          x̄ᵢ = ℓ̄ (softmax(x)ᵢ - [i = t])
Tensor cross_entropy_rows(const Tensor& x, const Tensor& classes) {
  const Tensor target = on_device_of("cross_entropy", x, classes);
  check_classes(x, target);
  const Tensor losses = allocate(target.sizes(), x.dtype(), x.device().type());
  kernels_of(x).cross_entropy(x.raw(), as_column(target), as_column(losses));
  return record("cross_entropy", losses,
                wrt(x, saved(x, target), [](const Tensor& g, const Tensor& x, const Tensor& target) {
                  if (!GradMode::is_enabled()) {
                    Tensor gradient = allocate_like(x.raw(), x.dtype(), x.device().type());
                    kernels_of(x).cross_entropy_gradient(as_column(g), x.raw(), as_column(target),
                                                         gradient.raw());
                    return gradient;
                  }
                  const Tensor classes = arange(x.size(-1), target.options());
                  const Tensor log_p = log_softmax(x, -1), chosen = eq(target.unsqueeze(-1), classes);
                  return g.unsqueeze(-1) * where(chosen, expm1(log_p), exp(log_p));  // p - 1 or p
                }));
}

}  // namespace gradus
