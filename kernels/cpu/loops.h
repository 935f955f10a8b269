// Loops over several strided views at once, and threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "kernels/merged_loops.h"

namespace gradus::cpu {

/// Threads share a loop from this many elements on. Waking the threads takes some microseconds, as
/// long as adding 30,000 numbers.
inline constexpr int64_t kParallelFrom = 32768;

/// Calls body(begin, end) for ranges that together cover 0 … n, in parallel if `work`
/// (elements) is large enough.
template <class Body>
void parallel_ranges(int64_t n, int64_t work, const Body& body) {
#if defined(_OPENMP)
  if (work >= kParallelFrom && n > 1 && omp_get_max_threads() > 1 && !omp_in_parallel()) {
#pragma omp parallel
    {
      const int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
      body(n * thread / threads, n * (thread + 1) / threads);
    }
    return;
  }
#endif
  static_cast<void>(work);
  body(0, n);
}

/// Limits OpenMP, and a BLAS or LAPACK that uses it, to one thread during its lifetime
/// if `one_thread` is true.
class OneThreadIf {
 public:
  explicit OneThreadIf([[maybe_unused]] bool one_thread) {
#if defined(_OPENMP)
    if (!one_thread) return;
    before_ = omp_get_max_threads();
    if (before_ > 1) omp_set_num_threads(1);
#endif
  }
  ~OneThreadIf() {
#if defined(_OPENMP)
    if (before_ > 1) omp_set_num_threads(before_);
#endif
  }
  OneThreadIf(const OneThreadIf&) = delete;
  OneThreadIf& operator=(const OneThreadIf&) = delete;

 private:
  [[maybe_unused]] int before_ = 1;
};

/// The number of elements if all views, which have one shape, are contiguous; else -1.
template <class... Views>
inline int64_t contiguous_numel(const View& out, const Views&... inputs) {
  int64_t count = 1;
  for (int d = out.dim - 1; d >= 0; --d) {
    const int64_t size = out.sizes[d];
    if (size != 1 && ((out.strides[d] != count) || ... || (inputs.strides[d] != count)))
      return out.numel() == 0 ? 0 : -1;
    count *= size;
  }
  return count;
}

/// Merged loops over N views of one shape, which visit planes: rows × columns of the
/// two innermost dimensions.
template <int N>
class LoopNest : private MergedLoops<N> {
  using Loops = MergedLoops<N>;
  using Loops::dim, Loops::sizes, Loops::strides;

 public:
  using Loops::count;

  template <class... Views>
  explicit LoopNest(const Views&... views) : Loops(views...) {
    for (; dim < 2; ++dim) {  // fewer than two dimensions: one row of all elements, or of one
      sizes[dim] = 1;
      std::fill_n(strides[dim], N, 1);
      if (dim == 1) swap_planes();
    }
  }

  /// The step of every view from one column to the next, and from one row to the next.
  const int64_t* column_strides() const { return strides[dim - 1]; }
  const int64_t* row_strides() const { return strides[dim - 2]; }

  /// Calls plane(offsets, rows, columns) for pieces of planes that together make the elements from
  /// `begin` to `end`. The piece of view v starts at offsets[v].
  template <class Plane>
  void planes(int64_t begin, int64_t end, const Plane& plane) const {
    int64_t index[kMaxDims + 2] = {}, offsets[N] = {};
    if (begin > 0) seek(begin, index, offsets);
    const int column = dim - 1, row = dim - 2;
    const int64_t width = sizes[column];
    while (begin < end) {
      int64_t rows = 1, columns = std::min(width - index[column], end - begin);
      if (columns == width) rows = std::min(sizes[row] - index[row], (end - begin) / width);
      plane(offsets, rows, columns);
      begin += rows * columns;
      if (begin == end) return;
      advance(column, columns, index, offsets);
      if (index[column] < width) continue;
      advance(column, -width, index, offsets);
      advance(row, rows, index, offsets);
      for (int d = row; d > 0 && index[d] == sizes[d]; --d) {  // carry, as an odometer does
        advance(d, -sizes[d], index, offsets);
        advance(d - 1, 1, index, offsets);
      }
    }
  }

  /// The same for pieces of innermost rows: row(offsets, n).
  template <class Row>
  void rows(int64_t begin, int64_t end, const Row& row) const {
    planes(begin, end, [&](const int64_t* offsets, int64_t rows, int64_t columns) {
      int64_t at[N];
      for (int64_t r = 0; r < rows; ++r) {
        for (int v = 0; v < N; ++v) at[v] = offsets[v] + r * row_strides()[v];
        row(at, columns);
      }
    });
  }

  /// Visits all rows, in parallel if there are enough elements.
  template <class Row>
  void run(const Row& row) const {
    parallel_ranges(count, count, [&](int64_t begin, int64_t end) { rows(begin, end, row); });
  }

 private:
  void swap_planes() {
    std::swap(sizes[0], sizes[1]);
    for (int v = 0; v < N; ++v) std::swap(strides[0][v], strides[1][v]);
  }

  void advance(int d, int64_t by, int64_t* index, int64_t* offsets) const {
    index[d] += by;
    for (int v = 0; v < N; ++v) offsets[v] += by * strides[d][v];
  }

  /// Sets index and offsets to the element with the number `position` in the order of the loops.
  void seek(int64_t position, int64_t* index, int64_t* offsets) const {
    for (int d = dim - 1; d >= 0; position /= sizes[d--]) advance(d, position % sizes[d], index, offsets);
  }
};

/// The size and the stride of a view in one dimension.
struct Line {
  int64_t size, stride;
};

/// The lines of `view` along `dim`. A number without dimensions is one line of one element.
inline Line line_along(const View& view, int dim) {
  return view.dim == 0 ? Line{1, 1} : Line{view.sizes[dim], view.strides[dim]};
}

/// Calls lines(offsets, steps, count) for runs that together make all lines along `dim`. Line i of a
/// run starts at offsets[v] + i·steps[v] in view v. The sizes of the views agree except in `dim`.
template <class Call, class... Views>
void for_each_run_of_lines(int dim, const Call& lines, Views... views) {
  int64_t length = 1;
  const auto shorten = [&](View& view) {  // keep the first element of each line
    length = std::max(length, line_along(view, dim).size);
    if (view.dim > 0) view.sizes[dim] = std::min<int64_t>(view.sizes[dim], 1);
  };
  (shorten(views), ...);
  const LoopNest<sizeof...(views)> starts(views...);
  parallel_ranges(starts.count, starts.count * length, [&](int64_t begin, int64_t end) {
    starts.rows(begin, end, [&](const int64_t* offsets, int64_t count) {
      lines(offsets, starts.column_strides(), count);
    });
  });
}

/// Calls line(offsets) for every line along `dim`. The line of view v starts at offsets[v].
template <class Call, class... Views>
void for_each_line(int dim, const Call& line, const Views&... views) {
  for_each_run_of_lines(
      dim,
      [&](const int64_t* offsets, const int64_t* steps, int64_t count) {
        constexpr int N = sizeof...(views);
        int64_t at[N];
        for (int64_t i = 0; i < count; ++i) {
          for (int v = 0; v < N; ++v) at[v] = offsets[v] + i * steps[v];
          line(at);
        }
      },
      views...);
}

}  // namespace gradus::cpu
