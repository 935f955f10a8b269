// Lines, for kernels that run along any one dimension: sort, cumsum and argmax.
#pragma once

#include <algorithm>
#include <bit>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"

namespace gradus::cuda {

/// The lines of N views along one dimension, as an argument of a kernel. In some views a line may
/// have one element only.
template <int N>
struct Lines {
  Loop<N> starts;    // where each line begins; neighbours are adjacent in the first view
  int64_t n = 1;     // elements of a line
  int64_t steps[N];  // from element to element
};

template <class... Views>
Lines<sizeof...(Views)> lines_along(int dim, const Views&... views) {
  constexpr int N = sizeof...(Views);
  Lines<N> lines;
  View firsts[] = {views...};  // the first element of each line
  bool empty = false;
  for (int v = 0; v < N; ++v) {
    View& view = firsts[v];
    lines.steps[v] = view.dim == 0 ? 1 : view.strides[dim];
    if (view.dim == 0) continue;  // a number is one line of one element
    if (view.sizes[dim] != 1) lines.n = view.sizes[dim];
    view.sizes[dim] = 1;
    empty = empty || view.numel() == 0;
  }
  lines.starts = [&]<size_t... I>(std::index_sequence<I...>) { return Loop<N>(MergedLoops<N>(firsts[I]...)); }
  (std::make_index_sequence<N>{});
  if (empty) lines.starts.count = 0;
  return lines;
}

/// True if the lines of view v are interleaved: neighbouring lines are closer together than
/// neighbouring elements of a line. Then neighbouring threads should take neighbouring lines,
/// else neighbouring elements.
template <int N>
bool lines_are_interleaved(const Lines<N>& lines, int v) {
  if (lines.starts.dim == 0) return false;
  const auto magnitude = [](int64_t step) { return step < 0 ? -step : step; };
  return magnitude(lines.starts.strides[lines.starts.dim - 1][v]) < magnitude(lines.steps[v]);
}

/// The smallest power of two that is not less than n, but at least `least` and at most `most`.
inline int power_of_two(int64_t n, int64_t least, int64_t most) {
  return static_cast<int>(std::bit_ceil(static_cast<uint64_t>(std::clamp(n, least, most))));
}

}  // namespace gradus::cuda
