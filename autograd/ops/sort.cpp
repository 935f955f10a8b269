// Sorting. The kernel finds the order; the values are then gathered by it, so gather's rule is the rule of all.
#include "autograd/ops/positions.h"

namespace gradus {

// y = x in order along d      x̄: ȳ added where it came from
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

Tensor argsort(const Tensor& x, int64_t dim, bool descending) {
  return std::get<1>(sort(x.detach(), dim, descending));
}

// y = the k largest or smallest, in order      x̄ = zeros with ȳ where they came from
std::tuple<Tensor, Tensor> topk(const Tensor& x, int64_t k, int64_t dim, bool largest, bool) {
  const int64_t size = x.dim() ? x.size(dim) : 1;
  check(0 <= k && k <= size, "topk: selected index k out of range: k is ", k, ", and there are ", size);
  if (x.dim() == 0) return sort(x);
  const Tensor indices = argsort(x, dim, largest).narrow(dim, 0, k).contiguous();
  return {gather_as("topk", x, dim, indices), indices};
}

}  // namespace gradus
