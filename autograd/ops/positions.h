// Positions: every index is converted to them. A position is the offset of an element from the first one, in
// elements. An int64 tensor of positions says which elements are chosen. Reading at positions and adding at
// positions are transposed maps, so each is the derivative rule of the other.
#pragma once

#include "autograd/ops/in_place.h"

namespace gradus {

/// The strides of a row-major tensor of x's shape.
Shape contiguous_strides(const Tensor& x);

/// The elements of x at `positions`, in their shape. The positions are those of a row-major x.
Tensor take_at(const char* op, const Tensor& x, const Tensor& positions);

/// The rows of the matrix `table` with these numbers, a vector that is already checked. Defined in rows.cpp.
Tensor take_rows(const char* op, const Tensor& table, const Tensor& rows);

/// x with values written to the positions, or added there. Values broadcast to the shape of `positions`.
Tensor put_at(const char* op, const Tensor& x, const Tensor& values, const Tensor& positions,
              bool accumulate);

/// The indices as int64. Error if one is not in [0, size) or, with from_end, in [-size, size): then negative ones
/// are counted from the end and made positive.
Tensor checked_indices(const char* op, const Tensor& index, int64_t dim, int64_t size, bool from_end = false);

/// 0, stride, 2 stride, … along dimension d of a tensor of `dim` dimensions.
Tensor steps_along(int d, int dim, int64_t size, int64_t stride, const Tensor& like);

/// index_list[d] chooses along dimension d of x; all indices broadcast together. Undefined:
/// the whole dimension stays.
Tensor positions_of(const Tensor& x, const std::vector<Tensor>& index_list, IntArrayRef strides);

/// The positions that gather reads: of x[index[i][j]][j] for dim 0. For given strides of x. Defined in gather.cpp.
Tensor positions_along(const char* op, const Tensor& x, int64_t dim, const Tensor& index,
                       IntArrayRef strides);

/// put_at in x's own memory. positions_for(strides) are the positions for given strides of x.
template <class Positions>
void put_in(const char* op, const Tensor& x, const Tensor& given, bool accumulate, Positions positions_for) {
  const Tensor values = on_device_of(op, x, given);
  check_same_dtype(op, x, values);
  if (must_record(op, x, values.requires_grad())) {
    x.copy_(put_at(op, x, values, positions_for(contiguous_strides(x)), accumulate));
    return;
  }
  const Tensor positions = on_device_of(op, x, positions_for(x.strides()));
  // If values share memory with x, they are read before x is written.
  const Tensor source = values.is_alias_of(x) ? values.detach().clone() : values;
  kernels_of(x).put(positions.raw(), expand_view(op, source.raw(), positions.sizes()), accumulate, x.raw());
  bump_version(x);
}

}  // namespace gradus
