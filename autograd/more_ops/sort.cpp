// argsort and topk, by sort in autograd/ops/sort.cpp.
#include "autograd/ops/pointwise.h"

namespace gradus {

Tensor argsort(const Tensor& x, int64_t dim, bool descending) {
  return std::get<1>(sort(x.detach(), dim, descending));
}

// y = the k largest or smallest, in order      x̄ = zeros, with ȳ added to the elements that were chosen
std::tuple<Tensor, Tensor> topk(const Tensor& x, int64_t k, int64_t dim, bool largest, bool) {
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  const int64_t size = x.dim() ? x.size(d) : 1;
  check(0 <= k && k <= size, "topk: selected index k out of range: k is ", k, ", and there are ", size);
  if (x.dim() == 0) return sort(x);
  const Tensor indices = argsort(x, dim, largest).narrow(dim, 0, k).contiguous();
  return {gather_as("topk", x, dim, indices), indices};
}

}  // namespace gradus
