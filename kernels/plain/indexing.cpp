// Reading and writing by index: single elements, whole rows, and the positions of true elements.
// Indices may repeat; values are then added in the order of the indices.
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

// outᵢ = x[positionᵢ]
void take(const View& x, const View& positions, const View& out) {
  visit_stored_dtype(x.dtype, [&]<class T>(T) {
    const T* elements = x.as<const T>();
    for_each_element(
        out, [=](T& y, int64_t position) { y = elements[position]; }, Part<T>(out),
        Part<const int64_t>(positions));
  });
}

// out[positionᵢ] = valueᵢ, or += valueᵢ
void put(const View& positions, const View& values, bool accumulate, const View& out) {
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    T* elements = out.as<T>();
    for_each_element(
        positions,
        [=](int64_t position, const T& value) {
          elements[position] = static_cast<T>(accumulate ? elements[position] + value : value);
        },
        Part<const int64_t>(positions), Part<const T>(values));
  });
}

/// Row i of a table.
template <class T>
Line<T> row(const View& table, int64_t i) {
  return {table.as<T>() + i * table.strides[0], table.sizes[1], table.strides[1]};
}
int64_t index_at(const View& indices, int64_t i) {
  return indices.as<const int64_t>()[i * indices.strides[0]];
}

// Row i of out = row indexᵢ of the table
void gather_rows(const View& table, const View& indices, const View& out) {
  visit_stored_dtype(table.dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < out.sizes[0]; ++i) {
      const auto from = row<const T>(table, index_at(indices, i));
      const auto to = row<T>(out, i);
      for (int64_t j = 0; j < to.size; ++j) to[j] = from[j];
    }
  });
}

// Row indexᵢ of out += row i of the values
void scatter_add_rows(const View& indices, const View& values, const View& out) {
  visit_stored_dtype(out.dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < values.sizes[0]; ++i) {
      const auto from = row<const T>(values, i);
      const auto to = row<T>(out, index_at(indices, i));
      for (int64_t j = 0; j < to.size; ++j) to[j] = static_cast<T>(to[j] + from[j]);
    }
  });
}

/// Appends the indices of all true elements whose first d coordinates are those of `index`.
void append_true(const bool* x, const View& shape, int d, int64_t (&index)[kMaxDims],
                 std::vector<int64_t>& coordinates) {
  if (d == shape.dim) {
    if (*x) coordinates.insert(coordinates.end(), index, index + shape.dim);
    return;
  }
  for (index[d] = 0; index[d] < shape.sizes[d]; ++index[d])
    append_true(x + index[d] * shape.strides[d], shape, d + 1, index, coordinates);
}

void nonzero(const View& x, std::vector<int64_t>& coordinates) {
  if (x.dtype != kBool) no_kernel("nonzero", "cpu", x.dtype);
  int64_t index[kMaxDims];
  if (x.numel() > 0) append_true(x.as<const bool>(), x, 0, index, coordinates);
}

}  // namespace

void indexing(Kernels& table) {
  table.take = take;
  table.put = put;
  table.gather_rows = gather_rows;
  table.scatter_add_rows = scatter_add_rows;
  table.nonzero = nonzero;
}

}  // namespace gradus::plain
