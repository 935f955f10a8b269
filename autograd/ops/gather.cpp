// gather: chooses elements along one dimension, with one index for each element of the result.
#include "autograd/ops/positions.h"

namespace gradus {

Tensor positions_along(const char* op, const Tensor& x, int64_t dim, const Tensor& index,
                       IntArrayRef strides) {
  // A number counts as a vector of one element.
  check(std::max(index.dim(), int64_t{1}) == std::max(x.dim(), int64_t{1}), op, ": index is ",
        text(index.sizes()), " and x is ", text(x.sizes()),
        ", but both must have the same number of dimensions");
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  if (x.dim() == 0) return checked_indices(op, index, 0, 1);
  if (index.dim() == 0) return checked_indices(op, index, 0, x.size(0)) * strides[0];
  Tensor positions = checked_indices(op, index, d, x.size(d));
  if (strides[d] != 1) positions = positions * strides[d];
  for (int i = 0; i < x.dim(); ++i) {
    if (i == d) continue;
    check(index.size(i) <= x.size(i), op, ": index is ", text(index.sizes()), ", larger than x, ",
          text(x.sizes()), ", in dimension ", i);
    positions = positions + steps_along(i, static_cast<int>(x.dim()), index.size(i), strides[i], x);
  }
  return positions;
}

Tensor gather_as(const char* op, const Tensor& x, int64_t dim, const Tensor& index, bool keepdim) {
  const Tensor positions = positions_along(op, x, dim, index, contiguous_strides(x));
  return take_at(op, x, keepdim ? positions : positions.squeeze(dim));
}
// y(…, i, …) = x(…, k(…, i, …), …)      x̄ = zeros, with ȳ added to the elements that were read
Tensor gather(const Tensor& x, int64_t dim, const Tensor& index) {
  return gather_as("gather", x, dim, index);
}

}  // namespace gradus
