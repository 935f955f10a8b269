// scatter_add and index_add: they add values to the elements or slices that an index names. The file also has
// index_put and masked_select.
#include "autograd/ops/positions.h"

namespace gradus {
namespace {

/// The part of `source` that has an index: `index` may be smaller than `source`.
Tensor indexed_part(const Tensor& source, const Tensor& index) {
  check(index.dim() == source.dim(), "scatter_add: index is ", text(index.sizes()), " and source is ",
        text(source.sizes()), ", but both must have the same number of dimensions");
  Tensor part = source;
  for (int64_t i = 0; i < index.dim(); ++i)
    if (part.size(i) != index.size(i)) part = part.narrow(i, 0, index.size(i));
  return part;
}

/// α source. With α = 1, the source as it is: a product with 1 would make integers of bools.
Tensor scaled(const Tensor& source, const Scalar& alpha) {
  return alpha.toDouble() == 1 ? source : source * alpha;
}

/// The positions in x to which index_add adds `source`: for dim 0, source[i] goes to x[index[i]]. For
/// given strides of x.
Tensor positions_of_slices(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source,
                           IntArrayRef strides) {
  check(index.dim() <= 1, "index_add: the index must be a vector, not ", text(index.sizes()));
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  const Tensor rows = checked_indices("index_add", index.reshape({-1}), d, x.dim() == 0 ? 1 : x.size(d));
  // A number counts as a vector of one element.
  if (x.dim() <= 1 && index.numel() == 1 && source.numel() == 1 && source.dim() <= 1)
    return (x.dim() == 0 ? rows : rows * strides[0]).reshape(source.sizes());
  check(x.dim() > 0, "index_add: a number takes one value for one index, not ", text(source.sizes()), " for ",
        text(index.sizes()));
  std::vector<Tensor> indices(static_cast<size_t>(x.dim()));
  indices[static_cast<size_t>(d)] = rows;
  const Tensor positions = positions_of(x, indices, strides);
  check(positions.sizes() == source.sizes(), "index_add: source is ", text(source.sizes()), ", but x ",
        text(x.sizes()), " takes ", text(positions.sizes()), " for ", index.numel(), " indices of dimension ",
        d);
  return positions;
}

}  // namespace

// y = x, with v(…, i, …) added to x(…, k(…, i, …), …)
Tensor scatter_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
  const Tensor positions = positions_along("scatter_add", x, dim, index, contiguous_strides(x));
  return put_at("scatter_add", x, indexed_part(source, index), positions, true);
}
// x(…, k, …) ← x(…, k, …) + v
Tensor& Tensor::scatter_add_(int64_t dim, const Tensor& index, const Tensor& source) const {
  put_in("scatter_add", *this, indexed_part(source, index), true,
         [&](IntArrayRef strides) { return positions_along("scatter_add", *this, dim, index, strides); });
  return const_cast<Tensor&>(*this);
}

// y = x, with vᵢ added to x[kᵢ]
Tensor index_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source,
                 const Scalar& alpha) {
  return put_at("index_add", x, scaled(source, alpha),
                positions_of_slices(x, dim, index, source, contiguous_strides(x)), true);
}
// x[kᵢ] ← x[kᵢ] + vᵢ
Tensor& Tensor::index_add_(int64_t dim, const Tensor& index, const Tensor& source,
                           const Scalar& alpha) const {
  const Tensor &x = *this, values = scaled(source, alpha);
  const bool is_plain = values.dtype() == x.dtype() && values.device() == x.device() &&
                        index.device() == x.device() && !values.is_alias_of(x) &&
                        !must_record("index_add", x, values.requires_grad());
  if (is_plain && dim == 0 && x.dim() == 2 && index.dim() == 1 && values.dim() == 2 &&
      values.size(0) == index.size(0) && values.size(1) == x.size(1)) {  // whole rows of a matrix
    const Tensor rows = checked_indices("index_add", index, 0, x.size(0));
    kernels_of(x).scatter_add_rows(rows.raw(), values.raw(), x.raw());
    bump_version(x);
    return written(x);
  }
  put_in("index_add", x, values, true,
         [&](IntArrayRef strides) { return positions_of_slices(x, dim, index, source, strides); });
  return written(x);
}

// y = x, with v written to (or added at) x[k₀, k₁, …]
Tensor Tensor::index_put(std::initializer_list<TensorIndex> indices, const Tensor& values,
                         bool accumulate) const {
  return clone().index_put_(indices, values, accumulate);
}

// y = the elements of x where m is true, in order      x̄ = zeros, with ȳ at these elements
Tensor masked_select(const Tensor& x, const Tensor& given) {
  const Tensor mask = as_mask("masked_select", given);
  const Shape shape = broadcast_shapes("masked_select", x.sizes(), mask.sizes());
  return x.expand(shape).index({mask.expand(shape)});
}

}  // namespace gradus
