// Indexing by tensors. Whatever the index looks like, it becomes one int64 tensor of positions: the place of
// each chosen element, counted in elements from the first. Reading at positions and adding at positions are
// transposed maps, so each is the other's derivative rule.
#include "autograd/ops/pointwise.h"

namespace gradus {

using indexing::TensorIndex;

namespace {

Tensor add_at(const Tensor& values, const Tensor& positions, const Shape& shape);

Shape contiguous_strides(const Tensor& x) {
  View dense = x.raw();
  dense.set_contiguous_strides();
  return Shape(IntArrayRef(dense.strides, dense.dim));
}

/// yᵢ = x[positionsᵢ], x contiguous.       x̄ = zeros, with ȳᵢ added at positionsᵢ
Tensor take_at(const char* op, const Tensor& source, const Tensor& places) {
  const Tensor x = source.contiguous(), positions = on_device_of(op, x, places);
  Tensor y = allocate_like(positions.raw(), x.dtype(), x.device().type());
  kernels_of(x).take(x.raw(), positions.raw(), y.raw());
  return record(op, y, wrt(x, saved(positions), [shape = Shape(x.raw())](const Tensor& g, const Tensor& positions) {
                  return add_at(g, positions, shape);
                }));
}

Tensor add_at(const Tensor& values, const Tensor& positions, const Shape& shape) {
  Tensor y = zeros(shape, values.options());
  kernels_of(y).put(positions.raw(), values.raw(), /*accumulate=*/true, y.raw());
  return record("add_at", y, wrt(values, saved(positions), [](const Tensor& g, const Tensor& positions) {
                  return take_at("take", g, positions);
                }));
}

/// y = x with values at positions instead of (or added to) its own.
Tensor put_at(const char* op, const Tensor& x, const Tensor& values, const Tensor& places, bool accumulate) {
  const Tensor positions = on_device_of(op, x, places);
  const Tensor y = x.detach().clone(), v = on_device_of(op, x, values).to(x.dtype());
  kernels_of(y).put(positions.raw(), expand_view(op, v.raw(), positions.sizes()), accumulate, y.raw());
  return record(op, y,
                wrt(x,
                    [op, positions, accumulate](const Tensor& g) {
                      return accumulate ? g : put_at(op, g, zeros({}, g.options()), positions, false);
                    }),
                wrt(v, [positions](const Tensor& g) { return take_at("take", g, positions); }));
}

/// The same in x's own memory. positions_for(strides) are the positions for given strides of x.
template <class Positions>
void put_in(const char* op, const Tensor& x, const Tensor& given, bool accumulate, Positions positions_for) {
  const Tensor values = on_device_of(op, x, given);
  if (GradMode::is_enabled() && (x.requires_grad() || values.requires_grad())) {
    x.copy_(put_at(op, x, values, positions_for(contiguous_strides(x)), accumulate));
    return;
  }
  const Tensor positions = on_device_of(op, x, positions_for(x.strides()));
  const Tensor own = values.detach().to(x.dtype());
  const Tensor source = own.is_alias_of(x) ? own.clone() : own;  // read before it is written
  kernels_of(x).put(positions.raw(), expand_view(op, source.raw(), positions.sizes()), accumulate, x.raw());
  bump_version(x);
}

/// Checks indices against a dimension's size and counts negative ones from the end. int64.
Tensor checked_indices(const char* op, const Tensor& given, int64_t dim, int64_t size) {
  check(is_integer(given.dtype()), op, ": tensors used as indices must be integers or bool, not ",
        given.dtype());
  const Tensor index = given.to(kInt64);
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

bool is_mask(const Tensor& index) { return index.dtype() == kBool || index.dtype() == kUInt8; }

int64_t dimensions_used(const TensorIndex& index) {
  using Kind = TensorIndex::Kind;
  switch (index.kind) {
    case Kind::integer:
    case Kind::slice:
      return 1;
    case Kind::tensor:
      return is_mask(index.tensor) ? index.tensor.dim() : 1;
    default:
      return 0;
  }
}

/// Is a step in each of the dimensions first … last - 1 as long as the whole of the next one?
bool lie_like_one(const Tensor& x, int64_t first, int64_t last) {
  for (int64_t d = first; d < last; ++d)
    if (x.stride(d) != x.size(d + 1) * x.stride(d + 1)) return false;
  return true;
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
        if (!is_mask(index.tensor)) {
          result.chosen.push_back(
              checked_indices("index", index.tensor, source, view.size(d)).to(x.device()));
          break;
        }
        const Tensor mask = index.tensor.to(kBool);
        if (mask.dim() == 0) {
          choose_all_or_none(mask.item<bool>());
          break;
        }
        for (int64_t i = 0; i < mask.dim(); ++i)
          check(mask.size(i) == view.size(d + i), "index: the shape of the mask ", text(mask.sizes()),
                " at dimension ", i, " does not match the shape of the indexed tensor ", text(view.sizes()),
                " at dimension ", d + i);
        // Dimensions that lie in memory like one are indexed as one: a single index instead of one for each.
        const int64_t end = d + mask.dim() - 1;
        const bool as_one = d < end && lie_like_one(view, d, end);
        if (as_one) view = view.flatten(d, end);
        const Tensor coordinates = nonzero(as_one ? mask.flatten() : mask)
                                       .to(x.device());  // a mask may be on the cpu, as may indices
        for (int64_t i = 0; i < coordinates.size(1); ++i) result.chosen.push_back(coordinates.select(1, i));
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

  Tensor positions;
  const auto add = [&](const Tensor& part) { positions = positions.defined() ? positions + part : part; };
  int next = block == 0 ? common.dim() : 0;  // the result's dimension of the next whole dimension
  for (int d = 0; d < dim; ++d) {
    if (index.chosen[d].defined()) {
      Tensor part = (index.chosen[d] * strides[d]).expand(common);
      for (int i = block + common.dim(); i < result_dim; ++i) part = part.unsqueeze(-1);
      add(part);
    } else {
      if (adjacent && d == last + 1) next = block + common.dim();
      add(steps_along(next++, result_dim, index.view.size(d), strides[d], index.view));
    }
  }
  return positions;
}

Tensor index_list(const Tensor& x, ArrayRef<TensorIndex> indices) {
  const Resolved resolved = resolve(x, indices);
  if (!resolved.has_tensors) return resolved.view.is_same(x) ? x.slice(0) : resolved.view;
  return take_at("index", resolved.view, positions_of(resolved, contiguous_strides(resolved.view)));
}

}  // namespace

// y = x[k₀, k₁, …]      x̄: ȳ added where it came from
Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const { return index_list(*this, indices); }
Tensor Tensor::index(const std::vector<TensorIndex>& indices) const { return index_list(*this, indices); }

namespace {

Tensor& put_by_index(const Tensor& x, ArrayRef<TensorIndex> indices, const Tensor& values, bool accumulate) {
  const Resolved resolved = resolve(x, indices);
  const Tensor& view = resolved.view;
  if (resolved.has_tensors)
    put_in("index_put", view, values, accumulate,
           [&](IntArrayRef strides) { return positions_of(resolved, strides); });
  else if (accumulate)
    view.add_(values);
  else
    view.copy_(values);
  return const_cast<Tensor&>(x);
}

}  // namespace

// x[k₀, k₁, …] ← v, or + v      x̄ = ȳ, with zeros where v was written      v̄ = ȳ[k₀, k₁, …]
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values,
                           bool accumulate) const {
  return put_by_index(*this, indices, values, accumulate);
}
Tensor& Tensor::index_put_(const std::vector<TensorIndex>& indices, const Tensor& values,
                           bool accumulate) const {
  return put_by_index(*this, indices, values, accumulate);
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) const {
  return index_put_(indices, scalar_tensor(value, options()));
}
Tensor& Tensor::index_put_(const std::vector<TensorIndex>& indices, const Scalar& value) const {
  return index_put_(indices, scalar_tensor(value, options()));
}
// y = x, with v written to (or added at) x[k₀, k₁, …]
Tensor Tensor::index_put(std::initializer_list<TensorIndex> indices, const Tensor& values,
                         bool accumulate) const {
  return clone().index_put_(indices, values, accumulate);
}

// ---- Whole rows ---------------------------------------------------------------------------------

namespace {

Tensor add_rows(const Tensor& values, const Tensor& indices, int64_t rows);

/// y[i] = table[indices[i]], whole rows; indices are checked and of one dimension. They may be the caller's own
/// array, so they are saved: backward must not write by indices that have changed since they were checked.
/// t̄[r] = Σ ȳ[i] over the i with indices[i] = r
Tensor take_rows(const char* op, const Tensor& source, const Tensor& indices) {
  const Tensor table = source.contiguous();
  on_device_of(op, table, indices);
  Tensor y = allocate({indices.size(0), table.size(1)}, table.dtype(), table.device().type());
  kernels_of(table).gather_rows(table.raw(), indices.raw(), y.raw());
  return record(op, y, wrt(table, saved(indices), [rows = table.size(0)](const Tensor& g, const Tensor& indices) {
                  return add_rows(g, indices, rows);
                }));
}

Tensor add_rows(const Tensor& values, const Tensor& indices, int64_t rows) {
  Tensor y = zeros({rows, values.size(1)}, values.options());
  kernels_of(y).scatter_add_rows(indices.raw(), values.raw(), y.raw());
  return record("add_rows", y, wrt(values, saved(indices), [](const Tensor& g, const Tensor& indices) {
                  return take_rows("take_rows", g, indices);
                }));
}

}  // namespace

// yᵢ = W[kᵢ], a row of the table      W̄[r] = Σ ȳᵢ over all i with kᵢ = r
Tensor embedding(const Tensor& weight, const Tensor& input, int64_t padding_idx) {
  check(weight.dim() == 2, "embedding: the table must be (rows, width), not ", text(weight.sizes()));
  check(is_integer(input.dtype()), "embedding: indices must be integers, not ", input.dtype());
  const Tensor indices = input.to(kInt64);
  if (indices.numel() > 0) {
    const Tensor bad = lt(indices, 0) | ge(indices, weight.size(0));
    if (any(bad).item<bool>()) {
      const Tensor where_bad = nonzero(bad)[0].cpu().contiguous();
      const IntArrayRef position(where_bad.data_ptr<int64_t>(), where_bad.numel());
      fail("embedding: index ", masked_select(indices, bad)[0].item<int64_t>(), " at position ",
           text(position), " is out of range for a table of ", weight.size(0), " rows");
    }
  }
  Shape shape(indices.raw());
  shape.push_back(weight.size(1));
  const Tensor y = take_rows("embedding", weight, indices.flatten().contiguous()).view(shape);
  return padding_idx < 0 ? y : where(eq(indices, padding_idx).unsqueeze(-1), y.detach(), y);
}

// yᵢ = x[…, kᵢ, …]      x̄: ȳ added where it came from
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

namespace {

/// Where x[index[i][j]][j] is (for dim 0, and so on), for given strides of x.
Tensor positions_along(const char* op, const Tensor& x, int64_t dim, const Tensor& index,
                       IntArrayRef strides) {
  check(index.dim() == x.dim(), op, ": index is ", text(index.sizes()), " and x is ", text(x.sizes()),
        ", but both must have the same number of dimensions");
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  if (x.dim() == 0) return checked_indices(op, index, 0, 1);
  Tensor positions = checked_indices(op, index, d, x.size(d)) * strides[d];
  for (int i = 0; i < x.dim(); ++i) {
    if (i == d) continue;
    check(index.size(i) <= x.size(i), op, ": index is ", text(index.sizes()), ", larger than x, ",
          text(x.sizes()), ", in dimension ", i);
    positions = positions + steps_along(i, static_cast<int>(x.dim()), index.size(i), strides[i], x);
  }
  return positions;
}

/// The part of a scattered source that has an index.
Tensor indexed_part(const Tensor& source, const Tensor& index) {
  check(index.dim() == source.dim(), "scatter_add: index is ", text(index.sizes()), " and source is ",
        text(source.sizes()), ", but both must have the same number of dimensions");
  Tensor part = source;
  for (int64_t i = 0; i < index.dim(); ++i)
    if (part.size(i) != index.size(i)) part = part.narrow(i, 0, index.size(i));
  return part;
}

/// Where source[i] goes when added to x[index[i]] (for dim 0, and so on), for given strides of x.
Tensor positions_of_slices(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source,
                           IntArrayRef strides) {
  check(x.dim() > 0 && index.dim() <= 1,
        "index_add: x needs a dimension and the index must be a vector, but they are ", text(x.sizes()),
        " and ", text(index.sizes()));
  const int d = wrap_dim(dim, static_cast<int>(x.dim()));
  Resolved along{x, std::vector<Tensor>(static_cast<size_t>(x.dim())), true};
  along.chosen[static_cast<size_t>(d)] = checked_indices("index_add", index.reshape({-1}), d, x.size(d));
  const Tensor positions = positions_of(along, strides);
  check(positions.sizes() == source.sizes(), "index_add: source is ", text(source.sizes()), ", but x ",
        text(x.sizes()), " takes ", text(positions.sizes()), " for ", index.numel(), " indices of dimension ",
        d);
  return positions;
}

}  // namespace

Tensor gather_as(const char* op, const Tensor& x, int64_t dim, const Tensor& index, bool keepdim) {
  const Tensor positions = positions_along(op, x, dim, index, contiguous_strides(x));
  return take_at(op, x, keepdim ? positions : positions.squeeze(dim));
}
// y(…, i, …) = x(…, k(…, i, …), …)      x̄: ȳ added where it came from
Tensor gather(const Tensor& x, int64_t dim, const Tensor& index) {
  return gather_as("gather", x, dim, index);
}

// y = x, with v(…, i, …) added at k(…, i, …)
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
  return put_at("index_add", x, source * alpha,
                positions_of_slices(x, dim, index, source, contiguous_strides(x)), true);
}
// x[kᵢ] ← x[kᵢ] + vᵢ
Tensor& Tensor::index_add_(int64_t dim, const Tensor& index, const Tensor& source,
                           const Scalar& alpha) const {
  put_in("index_add", *this, source * alpha, true,
         [&](IntArrayRef strides) { return positions_of_slices(*this, dim, index, source, strides); });
  return const_cast<Tensor&>(*this);
}

// y = the elements of x where m, in order      x̄ = zeros with ȳ there
Tensor masked_select(const Tensor& x, const Tensor& given) {
  const Tensor mask = as_mask("masked_select", given);
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
