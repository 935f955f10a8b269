// Reading and writing by index: single elements, whole rows, and the positions of true elements.
//
// Indices may repeat. Values for the same place are then added in the order of the indices, whatever
// the number of threads, so that results do not change from run to run.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/plain/plain.h"

namespace gradus::cpu {
namespace {

// Elements of small integers are rarely taken or put, so the plain kernels are enough for them.

void take(const View& x, const View& positions, const View& out) {
  if (is_small_integer(x.dtype)) return plain::kernels().take(x, positions, out);
  const LoopNest<2> loops(out, positions);
  const int64_t out_step = loops.column_strides()[0], position_step = loops.column_strides()[1];
  visit_dtype(x.dtype, [&]<class T>(T) {
    loops.run([&](const int64_t* offsets, int64_t n) {
      T* to = out.as<T>() + offsets[0];
      const int64_t* position = positions.as<const int64_t>() + offsets[1];
      for (int64_t i = 0; i < n; ++i) to[i * out_step] = x.as<const T>()[position[i * position_step]];
    });
  });
}

void put(const View& positions, const View& values, bool accumulate, const View& out) {
  if (is_small_integer(out.dtype)) return plain::kernels().put(positions, values, accumulate, out);
  const LoopNest<2> loops(positions, values);
  const int64_t position_step = loops.column_strides()[0], value_step = loops.column_strides()[1];
  if (loops.count == 0) return;
  visit_dtype(out.dtype, [&]<class T>(T) {
    // One thread does it all, because positions may repeat.
    loops.rows(0, loops.count, [&](const int64_t* offsets, int64_t n) {
      const int64_t* position = positions.as<const int64_t>() + offsets[0];
      const T* value = values.as<const T>() + offsets[1];
      for (int64_t i = 0; i < n; ++i) {
        T& element = out.as<T>()[position[i * position_step]];
        element = static_cast<T>(accumulate ? element + value[i * value_step] : value[i * value_step]);
      }
    });
  });
}

void gather_rows(const View& table, const View& indices, const View& out) {
  const int64_t n = out.sizes[0], width = out.sizes[1];
  const bool whole_rows = (table.strides[1] == 1 && out.strides[1] == 1) || width <= 1;
  visit_stored_dtype(table.dtype, [&]<class T>(T) {
    parallel_ranges(n, n * width, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t row = indices.as<const int64_t>()[i * indices.strides[0]];
        const T* from = table.as<const T>() + row * table.strides[0];
        T* to = out.as<T>() + i * out.strides[0];
        if (whole_rows)
          std::copy_n(from, width, to);
        else
          for (int64_t j = 0; j < width; ++j) to[j * out.strides[1]] = from[j * table.strides[1]];
      }
    });
  });
}

void scatter_add_rows(const View& indices, const View& values, const View& out) {
  if (is_small_integer(out.dtype)) return plain::kernels().scatter_add_rows(indices, values, out);
  const int64_t n = values.sizes[0], width = values.sizes[1];
  const bool whole_rows = (values.strides[1] == 1 && out.strides[1] == 1) || width <= 1;
  visit_dtype(out.dtype, [&]<class T>(T) {
    // Every thread owns a range of the table's rows and searches all indices for them. So no two
    // threads add to one row, and each row receives its values in the order of the indices.
    parallel_ranges(out.sizes[0], n * width, [&](int64_t first_row, int64_t last_row) {
      for (int64_t i = 0; i < n; ++i) {
        const int64_t row = indices.as<const int64_t>()[i * indices.strides[0]];
        if (row < first_row || row >= last_row) continue;
        const T* from = values.as<const T>() + i * values.strides[0];
        T* to = out.as<T>() + row * out.strides[0];
        if (whole_rows)
          for (int64_t j = 0; j < width; ++j) to[j] = static_cast<T>(to[j] + from[j]);
        else
          for (int64_t j = 0; j < width; ++j) {
            T& sum = to[j * out.strides[1]];
            sum = static_cast<T>(sum + from[j * values.strides[1]]);
          }
      }
    });
  });
}

void nonzero(const View& x, std::vector<int64_t>& coordinates) {
  if (x.dtype != kBool) no_kernel("nonzero", "cpu", x.dtype);
  constexpr int64_t piece = 1024;  // elements of a row for which space is reserved at a time
  const size_t dim = x.dim;
  const auto [row_size, step] = line_along(x, x.dim - 1);
  View rows = x;  // the first element of each row
  if (dim > 0) rows.sizes[dim - 1] = std::min<int64_t>(row_size, 1);
  int64_t index[kMaxDims] = {};
  for (int64_t left = rows.numel(), offset = 0; left > 0; --left) {
    for (int64_t begin = 0; begin < row_size; begin += piece) {
      const int64_t end = std::min(begin + piece, row_size);
      // No branch, since the processor could not predict it: the coordinates of every element are
      // written to the next free place, and only those of true elements advance that place.
      size_t used = coordinates.size();
      coordinates.resize(used + static_cast<size_t>(end - begin) * dim);
      const bool* element = x.as<const bool>() + offset;
      for (int64_t i = begin; i < end; ++i) {
        for (size_t d = 0; d + 1 < dim; ++d) coordinates[used + d] = index[d];
        if (dim > 0) coordinates[used + dim - 1] = i;
        used += element[i * step] ? dim : 0;
      }
      coordinates.resize(used);
    }
    for (int d = x.dim - 2; d >= 0; --d) {  // the next row, as an odometer counts
      offset += x.strides[d];
      if (++index[d] < x.sizes[d]) break;
      offset -= x.sizes[d] * x.strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace

void indexing(Kernels& table) {
  table.take = take;
  table.put = put;
  table.gather_rows = gather_rows;
  table.scatter_add_rows = scatter_add_rows;
  table.nonzero = nonzero;
}

}  // namespace gradus::cpu
