// Sorting. The kernel finds the order. The values are then gathered in this order, so the
// derivative rule is gather's.
#include "autograd/ops/positions.h"

namespace gradus {

// y = x in order along d      x̄ᵢ = ȳ at the place to which xᵢ was moved
std::tuple<Tensor, Tensor> sort(const Tensor& x, int64_t dim, bool descending) {
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  if (x.dim() == 0) return {x.clone(), zeros({}, TensorOptions(kInt64).device(x.device()))};
  const Tensor sortable = x.detach().to(computing_dtype(x.dtype()));
  Tensor values = allocate_like(x.raw(), sortable.dtype(), x.device().type());
  Tensor indices = allocate_like(x.raw(), kInt64, x.device().type());
  kernels_of(x).sort(sortable.raw(), d, descending, values.raw(), indices.raw());
  if (GradMode::is_enabled() && x.requires_grad()) values = gather_as("sort", x, d, indices);
  return {values.to(x.dtype()), indices};
}

}  // namespace gradus
