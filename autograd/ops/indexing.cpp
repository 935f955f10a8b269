// Indexing by tensors. Whatever the index looks like, it becomes one int64 tensor of positions: the place of
// each chosen element, counted in elements from the first. Reading at positions and adding at positions are
// transposed maps, so each is the other's derivative rule.
#include "autograd/ops/pointwise.h"

namespace gradus {

using indexing::TensorIndex;

namespace {

Tensor add_at(const Tensor& values, const Tensor& positions, const Shape& shape);

/// yᵢ = x[positionsᵢ], x contiguous.       x̄ = zeros, with ȳᵢ added at positionsᵢ
Tensor take_at(const char* op, const Tensor& source, const Tensor& positions) {
  const Tensor x = source.contiguous();
  Tensor y = allocate_like(positions.raw(), x.dtype(), x.device().type());
  kernels_of(x).take(x.raw(), positions.raw(), y.raw());
  return record(op, y, wrt(x, [positions = save(positions), shape = Shape(x.raw())](const Tensor& g) {
                  return add_at(g, positions, shape);
                }));
}

Tensor add_at(const Tensor& values, const Tensor& positions, const Shape& shape) {
  Tensor y = zeros(shape, values.options());
  kernels_of(y).put(positions.raw(), values.raw(), /*accumulate=*/true, y.raw());
  return record("add_at", y, wrt(values, [positions = save(positions)](const Tensor& g) {
                  return take_at("take", g, positions);
                }));
}

/// y = x with values at positions instead of (or added to) its own.
Tensor put_at(const Tensor& x, const Tensor& values, const Tensor& positions, bool accumulate) {
  const Tensor y = x.detach().clone();
  kernels_of(y).put(positions.raw(), values.raw(), accumulate, y.raw());
  return record("index_put", y,
                wrt(x,
                    [positions, accumulate](const Tensor& g) {
                      return accumulate ? g
                                        : put_at(g, zeros(positions.sizes(), g.options()), positions, false);
                    }),
                wrt(values, [positions](const Tensor& g) { return take_at("take", g, positions); }));
}

/// Checks int64 indices against a dimension's size and counts negative ones from the end.
Tensor checked_indices(const char* op, const Tensor& index, int64_t dim, int64_t size) {
  check(index.dtype() == kInt64, op, ": tensors used as indices must be int64 or bool, not ", index.dtype());
  if (index.numel() == 0) return index;
  const int64_t low = min(index).item<int64_t>(), high = max(index).item<int64_t>();
  check(-size <= low && high < size, op, ": index ", high >= size ? high : low,
        " is out of bounds for dimension ", dim, " with size ", size);
  return low < 0 ? where(lt(index, 0), index + size, index) : index;
}

/// 0, stride, 2 stride, … along dimension d of a tensor of `dim` dimensions.
Tensor steps_along(int d, int dim, int64_t size, int64_t stride, const Tensor& like) {
  Shape shape;
  for (int i = 0; i < dim; ++i) shape.push_back(i == d ? size : 1);
  return (arange(size, TensorOptions(kInt64).device(like.device())) * stride).view(shape);
}

// ---- x.index({…}) -------------------------------------------------------------------------------

/// An index list taken apart: a view for its integers, slices, None and "...", and the index tensors that are
/// left, each with the dimension of the view that it chooses from (undefined: the whole dimension stays).
struct Resolved {
  Tensor view;
  std::vector<Tensor> chosen;  // one per dimension of view
  bool has_tensors = false;
};

int64_t dimensions_used(const TensorIndex& index) {
  using Kind = TensorIndex::Kind;
  switch (index.kind) {
    case Kind::integer:
    case Kind::slice:
      return 1;
    case Kind::tensor:
      return index.tensor.dtype() == kBool ? index.tensor.dim() : 1;
    default:
      return 0;
  }
}

Resolved resolve(const Tensor& x, ArrayRef<TensorIndex> indices) {
  using Kind = TensorIndex::Kind;
  int64_t used = 0;
  int ellipses = 0;
  for (const TensorIndex& index : indices) {
    used += dimensions_used(index);
    ellipses += index.kind == Kind::ellipsis;
  }
  check(ellipses <= 1, "an index can only have one ellipsis (\"...\"), not ", ellipses);
  check(used <= x.dim(), "too many indices for tensor of dimension ", x.dim(), ": ", used, " are given");

  Resolved result{x, {}};
  auto keep = [&](int64_t count) { result.chosen.resize(result.chosen.size() + count); };
  int64_t source = 0;  // the dimension of x that the next index chooses from, for messages
  for (const TensorIndex& index : indices) {
    const auto d = static_cast<int64_t>(result.chosen.size());
    Tensor& view = result.view;
    const auto choose_all_or_none = [&](bool all) {  // of a new dimension of size 1
      view = view.unsqueeze(d).slice(d, 0, all);
      keep(1);
    };
    switch (index.kind) {
      case Kind::none:
        view = view.unsqueeze(d);
        keep(1);
        break;
      case Kind::ellipsis:
        keep(x.dim() - used);
        break;
      case Kind::integer:
        check(-view.size(d) <= index.integer && index.integer < view.size(d), "index ", index.integer,
              " is out of bounds for dimension ", source, " with size ", view.size(d));
        view = view.select(d, index.integer);
        break;
      case Kind::slice:
        view = view.slice(d, index.slice.start(), index.slice.stop(), index.slice.step());
        keep(1);
        break;
      case Kind::boolean:
        choose_all_or_none(index.integer);
        break;
      case Kind::tensor: {
        result.has_tensors = true;
        if (index.tensor.dtype() != kBool) {
          result.chosen.push_back(checked_indices("index", index.tensor, source, view.size(d)));
          break;
        }
        const Tensor& mask = index.tensor;
        if (mask.dim() == 0) {
          choose_all_or_none(mask.item<bool>());
          break;
        }
        for (int64_t i = 0; i < mask.dim(); ++i)
          check(mask.size(i) == view.size(d + i), "index: the shape of the mask ", text(mask.sizes()),
                " at dimension ", i, " does not match the shape of the indexed tensor ", text(view.sizes()),
                " at dimension ", d + i);
        const Tensor coordinates = nonzero(mask);
        for (int64_t i = 0; i < mask.dim(); ++i) result.chosen.push_back(coordinates.select(1, i));
        break;
      }
    }
    source += index.kind == Kind::ellipsis ? x.dim() - used : dimensions_used(index);
  }
  keep(result.view.dim() - static_cast<int64_t>(result.chosen.size()));
  return result;
}

/// The positions that the index tensors choose, for a view with the given strides. The index tensors
/// broadcast against each other; their common shape stands where they stood if that is one place, else in
/// front.
Tensor positions_of(const Resolved& index, IntArrayRef strides) {
  const int dim = static_cast<int>(index.chosen.size());
  Shape common;
  int first = -1, last = -1, count = 0;
  for (int d = 0; d < dim; ++d) {
    if (!index.chosen[d].defined()) continue;
    common = broadcast_shapes("index", common, index.chosen[d].sizes());
    if (first < 0) first = d;
    last = d;
    ++count;
  }
  const bool adjacent = last - first + 1 == count;
  const int block = adjacent ? first : 0;  // where the common shape begins in the result
  const int result_dim = dim - count + common.dim();

  Tensor positions = zeros({}, TensorOptions(kInt64).device(index.view.device()));
  int next = block == 0 ? common.dim() : 0;  // the result's dimension of the next whole dimension
  for (int d = 0; d < dim; ++d) {
    if (index.chosen[d].defined()) {
      Tensor part = (index.chosen[d] * strides[d]).expand(common);
      for (int i = block + common.dim(); i < result_dim; ++i) part = part.unsqueeze(-1);
      positions = positions + part;
    } else {
      if (adjacent && d == last + 1) next = block + common.dim();
      positions = positions + steps_along(next++, result_dim, index.view.size(d), strides[d], index.view);
    }
  }
  return positions;
}

Shape contiguous_strides(const Tensor& x) {
  View dense = x.raw();
  dense.set_contiguous_strides();
  return Shape(IntArrayRef(dense.strides, dense.dim));
}

Tensor index_list(const Tensor& x, ArrayRef<TensorIndex> indices) {
  const Resolved resolved = resolve(x, indices);
  if (!resolved.has_tensors) return resolved.view.is_same(x) ? x.slice(0) : resolved.view;
  return take_at("index", resolved.view, positions_of(resolved, contiguous_strides(resolved.view)));
}

}  // namespace

Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const { return index_list(*this, indices); }
Tensor Tensor::index(const std::vector<TensorIndex>& indices) const { return index_list(*this, indices); }

Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values) const {
  const Resolved resolved = resolve(*this, indices);
  if (!resolved.has_tensors) {
    Tensor view = resolved.view.is_same(*this) ? *this : resolved.view;
    view.copy_(values);
    return const_cast<Tensor&>(*this);
  }
  const Tensor& view = resolved.view;
  if (GradMode::is_enabled() && (requires_grad() || values.requires_grad())) {
    const Tensor positions = positions_of(resolved, contiguous_strides(view));
    view.copy_(put_at(view, values.to(dtype()).expand(positions.sizes()), positions, false));
    return const_cast<Tensor&>(*this);
  }
  const Tensor positions = positions_of(resolved, view.strides());
  const Tensor source =
      values.is_alias_of(*this) ? values.detach().clone() : values;  // read before it is written
  const View expanded = expand_view("index_put_", source.raw(), positions.sizes());
  kernels_of(view).put(positions.raw(), alias(source, expanded).to(dtype()).raw(), false, view.raw());
  bump_version(*this);
  return const_cast<Tensor&>(*this);
}

Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) const {
  return index_put_(indices, scalar_tensor(value, options()));
}

// ---- Whole rows ---------------------------------------------------------------------------------

namespace {

Tensor add_rows(const Tensor& values, const Tensor& indices, int64_t rows);

/// y[i] = table[indices[i]], whole rows; indices are checked and of one dimension. They may be the caller's own
/// array, so they are saved: backward must not write by indices that have changed since they were checked.
/// t̄[r] = Σ ȳ[i] over the i with indices[i] = r
Tensor take_rows(const char* op, const Tensor& source, const Tensor& indices) {
  const Tensor table = source.contiguous();
  Tensor y = allocate({indices.size(0), table.size(1)}, table.dtype(), table.device().type());
  kernels_of(table).gather_rows(table.raw(), indices.raw(), y.raw());
  return record(op, y, wrt(table, [indices = save(indices), rows = table.size(0)](const Tensor& g) {
                  return add_rows(g, indices, rows);
                }));
}

Tensor add_rows(const Tensor& values, const Tensor& indices, int64_t rows) {
  Tensor y = zeros({rows, values.size(1)}, values.options());
  kernels_of(y).scatter_add_rows(indices.raw(), values.raw(), y.raw());
  return record("add_rows", y, wrt(values, [indices = save(indices)](const Tensor& g) {
                  return take_rows("take_rows", g, indices);
                }));
}

}  // namespace

Tensor embedding(const Tensor& weight, const Tensor& indices) {
  check(weight.dim() == 2, "embedding: the table must be (rows, width), not ", text(weight.sizes()));
  check(indices.dtype() == kInt64, "embedding: indices must be int64, not ", indices.dtype());
  if (indices.numel() > 0) {
    const Tensor bad = lt(indices, 0) | ge(indices, weight.size(0));
    if (any(bad).item<bool>()) {
      const Tensor where_bad = nonzero(bad)[0].contiguous();
      const IntArrayRef position(where_bad.data_ptr<int64_t>(), where_bad.numel());
      fail("embedding: index ", masked_select(indices, bad)[0].item<int64_t>(), " at position ",
           text(position), " is out of range for a table of ", weight.size(0), " rows");
    }
  }
  Shape shape(indices.raw());
  shape.push_back(weight.size(1));
  return take_rows("embedding", weight, indices.flatten().contiguous()).view(shape);
}

Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index) {
  check(index.dim() <= 1, "index_select: the index must be a vector, not ", text(index.sizes()));
  check(x.dim() > 0, "index_select: a tensor of no dimensions has no rows to choose from");
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  const Tensor rows = checked_indices("index_select", index.reshape({-1}).contiguous(), d, x.size(d));
  const Tensor front = transpose(x, 0, d);
  Shape shape(front.raw());
  const Tensor table = front.reshape({x.size(d), front.numel() / std::max<int64_t>(x.size(d), 1)});
  shape[0] = rows.size(0);
  return transpose(take_rows("index_select", table, rows).view(shape), 0, d);
}

// ---- Other ways to choose -----------------------------------------------------------------------

Tensor gather(const Tensor& x, int64_t dim, const Tensor& index) {
  check(index.dim() == x.dim(), "gather: index is ", text(index.sizes()), " and x is ", text(x.sizes()),
        ", but both must have the same number of dimensions");
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  if (x.dim() == 0) return take_at("gather", x, checked_indices("gather", index, 0, 1));
  const Shape strides = contiguous_strides(x);
  Tensor positions = checked_indices("gather", index, d, x.size(d)) * strides[d];
  for (int i = 0; i < x.dim(); ++i) {
    if (i == d) continue;
    check(index.size(i) <= x.size(i), "gather: index is ", text(index.sizes()), ", larger than x, ",
          text(x.sizes()), ", in dimension ", i);
    positions = positions + steps_along(i, static_cast<int>(x.dim()), index.size(i), strides[i], x);
  }
  return take_at("gather", x, positions);
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check(mask.dtype() == kBool, "masked_select: the mask must be bool, not ", mask.dtype());
  const Shape shape = broadcast_shapes("masked_select", x.sizes(), mask.sizes());
  return x.expand(shape).index({mask.expand(shape)});
}

Tensor nonzero(const Tensor& x) {
  const Tensor truth = x.dtype() == kBool ? x : ne(x, 0);
  std::vector<int64_t> coordinates;
  kernels_of(truth).nonzero(truth.raw(), coordinates);
  const int64_t count =
      x.dim() > 0 ? static_cast<int64_t>(coordinates.size()) / x.dim() : (truth.item<bool>() ? 1 : 0);
  Tensor result = allocate({count, x.dim()}, kInt64);
  std::copy(coordinates.begin(), coordinates.end(), result.raw().as<int64_t>());
  return result.to(x.device());
}

// The values are gathered by the indices that sorting gave: gather's rule then is sort's.
std::tuple<Tensor, Tensor> sort(const Tensor& x, int64_t dim, bool descending) {
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  if (x.dim() == 0) return {x.clone(), zeros({}, TensorOptions(kInt64).device(x.device()))};
  Tensor values = allocate_like(x.raw(), x.dtype(), x.device().type());
  Tensor indices = allocate_like(x.raw(), kInt64, x.device().type());
  kernels_of(x).sort(x.raw(), d, descending, values.raw(), indices.raw());
  if (GradMode::is_enabled() && x.requires_grad()) values = gather(x, d, indices);
  return {values, indices};
}

Tensor argsort(const Tensor& x, int64_t dim, bool descending) {
  return std::get<1>(sort(x.detach(), dim, descending));
}

}  // namespace gradus
