// Layer normalisation of rows: one kernel for the values, one for the gradient.
#include "autograd/ops/pointwise.h"

namespace gradus {

// y = (x - μ) r, r = 1 / √(σ² + ε)          x̄ = r (ȳ - mean ȳ - y mean (ȳ y)), the means along the row
Tensor layer_norm_rows(const Tensor& x, double eps) {
  check(x.dim() > 0 && x.dim() < kMaxDims, "layer_norm_rows: x must have 1 to ", kMaxDims - 1,
        " dimensions, not ", x.dim());
  Shape one_per_row(x.raw());
  one_per_row[one_per_row.dim() - 1] = 1;
  const DeviceType device = x.device().type();
  const Tensor y = allocate_like(x.raw(), x.dtype(), device), r = allocate(one_per_row, x.dtype(), device);
  kernels_of(x).layer_norm(x.raw(), eps, y.raw(), r.raw());
  const auto rule = [eps](const Tensor& g, const Tensor& x, const Tensor& y, const Tensor& r) {
    if (!GradMode::is_enabled()) {
      Tensor gradient = allocate_like(g.raw(), g.dtype(), g.device().type());
      kernels_of(g).layer_norm_gradient(g.raw(), y.raw(), r.raw(), gradient.raw());
      return gradient;
    }
    // r as a function of x: r₀ / √(mean (r₀ (x - μ))² + ε r₀²) with the constant r₀ = r, so that no square overflows.
    const auto row_mean = [](const Tensor& t) { return mean(t, {-1}, /*keepdim=*/true); };
    const Tensor scaled = (x - row_mean(x)) * r;
    const Tensor scale = r * rsqrt(row_mean(square(scaled)) + eps * square(r));
    return scale * (g - row_mean(g) - y * row_mean(g * y));
  };
  return record("layer_norm", y, wrt(x, saved(x, y, r), rule));
}

}  // namespace gradus
