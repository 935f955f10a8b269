#include "autograd/ops/positions.h"

namespace gradus {

static Tensor add_at(const Tensor& values, const Tensor& positions, const Shape& shape);

Shape contiguous_strides(const Tensor& x) {
  View dense = x.raw();
  dense.set_contiguous_strides();
  return Shape(IntArrayRef(dense.strides, dense.dim));
}

// yᵢ = x[positionsᵢ], x contiguous       x̄ = zeros, with ȳᵢ added at positionsᵢ
Tensor take_at(const char* op, const Tensor& source, const Tensor& places) {
  const Tensor x = source.contiguous(), positions = on_device_of(op, x, places);
  Tensor y = allocate_like(positions.raw(), x.dtype(), x.device().type());
  kernels_of(x).take(x.raw(), positions.raw(), y.raw());
  return record(op, y,
                wrt(x, saved(positions), [shape = Shape(x.raw())](const Tensor& g, const Tensor& positions) {
                  return add_at(g, positions, shape);
                }));
}

// y = zeros, with vᵢ added at positionsᵢ      v̄ᵢ = ȳ[positionsᵢ]
static Tensor add_at(const Tensor& values, const Tensor& positions, const Shape& shape) {
  Tensor y = zeros(shape, values.options());
  kernels_of(y).put(positions.raw(), values.raw(), /*accumulate=*/true, y.raw());
  return record("add_at", y, wrt(values, saved(positions), [](const Tensor& g, const Tensor& positions) {
                  return take_at("take", g, positions);
                }));
}

// y = x, with v written to positions, or added there
// x̄ = ȳ, with zeros where v was written      v̄ᵢ = ȳ[positionsᵢ]
Tensor put_at(const char* op, const Tensor& x, const Tensor& values, const Tensor& places, bool accumulate) {
  const Tensor positions = on_device_of(op, x, places), v = on_device_of(op, x, values);
  check_same_dtype(op, x, v);
  const Tensor y = x.detach().clone();
  kernels_of(y).put(positions.raw(), expand_view(op, v.raw(), positions.sizes()), accumulate, y.raw());
  const auto rule_of_x = [op, accumulate](const Tensor& g, const Tensor& positions) {
    return accumulate ? g : put_at(op, g, zeros({}, g.options()), positions, false);
  };
  const auto rule_of_v = [](const Tensor& g, const Tensor& positions) {
    return take_at("take", g, positions);
  };
  return record(op, y, wrt(x, saved(positions), rule_of_x), wrt(v, saved(positions), rule_of_v));
}

Tensor checked_indices(const char* op, const Tensor& given, int64_t dim, int64_t size, bool from_end) {
  check(is_integer(given.dtype()), op, ": tensors used as indices must be integers or bool, not ",
        given.dtype());
  Tensor index = given.to(kInt64);
  if (index.numel() == 0) return index;
  const bool any_negative = decide_on_host(kernels_of(index), op, [=] {
    const int64_t low = min(index).item<int64_t>(), high = max(index).item<int64_t>();
    check((from_end ? -size : 0) <= low && high < size, op, ": index ", high >= size ? high : low,
          " is out of bounds for dimension ", dim, " with size ", size);
    return low < 0;
  });
  return any_negative ? where(lt(index, 0), index + size, index) : index;
}

Tensor steps_along(int d, int dim, int64_t size, int64_t stride, const Tensor& like) {
  Shape shape;
  for (int i = 0; i < dim; ++i) shape.push_back(i == d ? size : 1);
  return (arange(size, TensorOptions(kInt64).device(like.device())) * stride).view(shape);
}

// The index tensors broadcast to a common shape. If the dimensions that they index are adjacent, the common shape
// takes the place of these dimensions in the result; else it comes first.
Tensor positions_of(const Tensor& x, const std::vector<Tensor>& index_list, IntArrayRef strides) {
  const int dim = static_cast<int>(index_list.size());
  Shape common;
  int first = -1, last = -1, count = 0;
  for (int d = 0; d < dim; ++d) {
    if (!index_list[d].defined()) continue;
    common = broadcast_shapes("index", common, index_list[d].sizes());
    if (first < 0) first = d;
    last = d;
    ++count;
  }
  const bool adjacent = last - first + 1 == count;
  const int block = adjacent ? first : 0;  // where the common shape begins in the result
  const int result_dim = dim - count + common.dim();

  Tensor positions;
  const auto add = [&](const Tensor& part) { positions = positions.defined() ? positions + part : part; };
  int next = block == 0 ? common.dim() : 0;  // the result's dimension for the next dimension that stays whole
  for (int d = 0; d < dim; ++d) {
    if (index_list[d].defined()) {
      const Tensor steps = strides[d] == 1 ? index_list[d] : index_list[d] * strides[d];
      Tensor part = steps.expand(common);
      for (int i = block + common.dim(); i < result_dim; ++i) part = part.unsqueeze(-1);
      add(part);
    } else {
      if (adjacent && d == last + 1) next = block + common.dim();
      add(steps_along(next++, result_dim, x.size(d), strides[d], x));
    }
  }
  return positions;
}

}  // namespace gradus
