// Indexing by lists and masks: x.index({Slice(1, None), "...", mask, 3}). Integers, slices, None and "..." make a
// view. Then index tensors and masks choose elements of this view by position, see positions.h.
#include "autograd/ops/positions.h"

namespace gradus {

using indexing::TensorIndex;
using Kind = TensorIndex::Kind;

namespace {

bool is_mask(const Tensor& index) { return index.dtype() == kBool || index.dtype() == kUInt8; }

/// How many dimensions of x an index uses up.
int64_t dimensions_used(const TensorIndex& index) {
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

/// Can dimensions first … last be indexed as one, without moving elements?
bool can_be_flattened(const Tensor& x, int64_t first, int64_t last) {
  for (int64_t d = first; d < last; ++d)
    if (x.stride(d) != x.size(d + 1) * x.stride(d + 1)) return false;
  return true;
}

/// An index list, applied from left to right. The first d() dimensions of the view are done; the next index
/// applies to dimension d().
struct Resolved {
  Tensor view;
  std::vector<Tensor> chosen;  // one per dimension of the view; undefined: the whole dimension stays
  bool has_tensors = false;

  int64_t d() const { return static_cast<int64_t>(chosen.size()); }
  void keep(int64_t dimensions) { chosen.resize(chosen.size() + static_cast<size_t>(dimensions)); }

  /// A bool as an index adds a dimension: of size 1 for true, of size 0 for false.
  void take_boolean(bool all) {
    view = view.unsqueeze(d()).slice(d(), 0, all);
    keep(1);
  }

  /// `source` is the dimension of x, for messages.
  void take_integer(int64_t i, int64_t source) {
    check(-view.size(d()) <= i && i < view.size(d()), "index ", i, " is out of bounds for dimension ", source,
          " with size ", view.size(d()));
    view = view.select(d(), i);
  }

  void take_indices(const Tensor& index, int64_t source) {
    has_tensors = true;
    chosen.push_back(checked_indices("index", index, source, view.size(d()), true).to(view.device()));
  }

  void take_mask(const Tensor& mask) {
    has_tensors = true;
    if (mask.dim() == 0) return take_boolean(mask.item<bool>());
    for (int64_t i = 0; i < mask.dim(); ++i)
      check(mask.size(i) == view.size(d() + i), "index: the shape of the mask ", text(mask.sizes()),
            " at dimension ", i, " does not match the shape of the indexed tensor ", text(view.sizes()),
            " at dimension ", d() + i);
    // One index for several dimensions is cheaper than one for each.
    const int64_t last = d() + mask.dim() - 1;
    const bool as_one = d() < last && can_be_flattened(view, d(), last);
    if (as_one) view = view.flatten(d(), last);
    // A mask may be on the cpu, like index tensors.
    const Tensor coordinates = nonzero(as_one ? mask.flatten() : mask).to(view.device());
    for (int64_t i = 0; i < coordinates.size(1); ++i) chosen.push_back(coordinates.select(1, i));
  }

  void take(const TensorIndex& index, int64_t source) {
    switch (index.kind) {
      case Kind::none:
        view = view.unsqueeze(d());
        return keep(1);
      case Kind::slice:
        view = view.slice(d(), index.slice.start(), index.slice.stop(), index.slice.step());
        return keep(1);
      case Kind::integer:
        return take_integer(index.integer, source);
      case Kind::boolean:
        return take_boolean(index.integer);
      case Kind::tensor:
        return is_mask(index.tensor) ? take_mask(index.tensor.to(kBool)) : take_indices(index.tensor, source);
      case Kind::ellipsis:
        break;  // resolve() handles it, because it knows how many dimensions "..." stands for
    }
  }
};

Resolved resolve(const Tensor& x, ArrayRef<TensorIndex> indices) {
  int64_t used = 0;
  int ellipses = 0;
  for (const TensorIndex& index : indices) {
    used += dimensions_used(index);
    ellipses += index.kind == Kind::ellipsis;
  }
  check(ellipses <= 1, "an index can only have one ellipsis (\"...\"), not ", ellipses);
  check(used <= x.dim(), "too many indices for tensor of dimension ", x.dim(), ": ", used, " are given");

  Resolved result{x, {}};
  int64_t source = 0;  // the dimension of x that the next index chooses from
  for (const TensorIndex& index : indices) {
    if (index.kind == Kind::ellipsis) {
      result.keep(x.dim() - used);
      source += x.dim() - used;
    } else {
      result.take(index, source);
      source += dimensions_used(index);
    }
  }
  result.keep(result.view.dim() - result.d());
  return result;
}

Tensor index_list(const Tensor& x, ArrayRef<TensorIndex> indices) {
  const Resolved resolved = resolve(x, indices);
  if (!resolved.has_tensors) return resolved.view.is_same(x) ? x.expand(x.sizes()) : resolved.view;
  const Tensor& rows = resolved.chosen.front();
  if (resolved.d() == 2 && rows.defined() && rows.dim() == 1 && !resolved.chosen.back().defined())
    return take_rows("index", resolved.view, rows.clone());  // without a position for each element
  return take_at("index", resolved.view,
                 positions_of(resolved.view, resolved.chosen, contiguous_strides(resolved.view)));
}

}  // namespace

// y = x[k₀, k₁, …]      x̄ = zeros, with ȳ added to the elements that were read
Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const { return index_list(*this, indices); }
Tensor Tensor::index(const std::vector<TensorIndex>& indices) const { return index_list(*this, indices); }

namespace {

Tensor& put_by_index(const Tensor& x, ArrayRef<TensorIndex> indices, const Tensor& values, bool accumulate) {
  if (indices.size() == 1 && !accumulate && values.dim() == 0 && values.dtype() == x.dtype())
    if (const Tensor& mask = indices.begin()->tensor; mask.defined() && mask.dtype() == kBool)
      if (mask.sizes() == x.sizes() && !must_record("index_put", x, values.requires_grad()))
        return x.masked_fill_(mask, values);  // without a list of positions
  const Resolved resolved = resolve(x, indices);
  const Tensor& view = resolved.view;
  if (resolved.has_tensors)
    put_in("index_put", view, values, accumulate,
           [&](IntArrayRef strides) { return positions_of(resolved.view, resolved.chosen, strides); });
  else if (accumulate)
    view.add_(values);
  else
    check_castable("index_put_", values.dtype(), x.dtype()), view.copy_(values);
  return const_cast<Tensor&>(x);
}

}  // namespace

// x[k₀, k₁, …] ← v      v̄ = ȳ[k₀, k₁, …]      x̄ = ȳ, with zeros where v was written. With accumulate, v is added
// to the old elements instead, and x̄ = ȳ.
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

Tensor nonzero(const Tensor& x) {
  const Tensor truth = x.dtype() == kBool ? x : ne(x, 0);
  refuse_capture(kernels_of(truth), "nonzero");
  std::vector<int64_t> coordinates;
  kernels_of(truth).nonzero(truth.raw(), coordinates);
  const int64_t count =
      x.dim() > 0 ? static_cast<int64_t>(coordinates.size()) / x.dim() : (truth.item<bool>() ? 1 : 0);
  Tensor result = allocate({count, x.dim()}, kInt64);
  std::copy(coordinates.begin(), coordinates.end(), result.raw().as<int64_t>());
  return result.to(x.device());
}

}  // namespace gradus
