// Loops over rows, the lines along the last dimension, for kernels whose results depend on whole
// rows: softmax and layer norm.
//
// A group of neighbouring threads shares a row and keeps it in registers. So the row is read from
// memory once, however often the formula goes over it. Only rows that are too long for registers
// are read again. A kernel is written once for both cases: it asks its Share for a Row, and goes
// over it with for_each and reduce.
#pragma once

#include <algorithm>
#include <bit>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"
#include "kernels/cuda/reduce_lanes.h"

namespace gradus::cuda {

/// The most threads that share a row.
inline constexpr int kMostLanes = 512;

/// A thread's share of a row in registers: up to K elements in packs of `width`. Lane l of L has
/// packs l, l + L, …
template <int K, int width>
struct InRegisters {
  static constexpr bool in_memory = false;
  int lane, lanes;
  int64_t n;  // elements of the row, 0 if there is no row for this group

  template <class T>
  struct Row {
    T values[K];
    __device__ T& operator[](int k) { return values[k]; }
    __device__ const T& operator[](int k) const { return values[k]; }
  };

  /// The position in the row of element k of the share.
  __device__ int position(int k) const { return (k / width * lanes + lane) * width + k % width; }

  /// Calls f(k) for each element of the share.
  template <class F>
  __device__ __forceinline__ void for_each(const F& f) const {
#pragma unroll
    for (int k = 0; k < K; ++k)
      if (position(k) < n) f(k);
  }

  template <class T>
  __device__ Row<T> load(const T* x, int64_t step) const {
    Row<T> row{};
#pragma unroll
    for (int k = 0; k < K; k += width) {
      if (position(k) >= n) continue;
      if constexpr (width == 1) {
        row[k] = x[position(k) * step];
      } else {
        const Pack<T, width> pack = cuda::load<width>(x, position(k) / width);
#pragma unroll
        for (int w = 0; w < width; ++w) row[k + w] = pack.values[w];
      }
    }
    return row;
  }

  /// A row for results, which store() writes to memory.
  template <class T>
  __device__ Row<T> results(T*, int64_t) const {
    return {};
  }
  template <class T>
  __device__ void store(const Row<T>& row, T* y, int64_t step) const {
#pragma unroll
    for (int k = 0; k < K; k += width) {
      if (position(k) >= n) continue;
      if constexpr (width == 1) {
        y[position(k) * step] = row[k];
      } else {
        Pack<T, width> pack;
#pragma unroll
        for (int w = 0; w < width; ++w) pack.values[w] = row[k + w];
        cuda::store<width>(y, position(k) / width, pack);
      }
    }
  }

  /// Combines f(k) over all elements of the row. Every thread of the group gets the result.
  template <class R, class F>
  __device__ __forceinline__ auto reduce(const F& f) const {
    auto result = R::template identity<std::remove_cvref_t<decltype(f(0))>>;
    for_each([&](int k) { result = R{}.value(result, f(k)); });
    return reduce_lanes<R>(result, lanes);
  }
};

/// A thread's share of a row that stays in memory: lane l of L has elements l, l + L, …
struct InMemory {
  static constexpr bool in_memory = true;
  int lane, lanes;
  int64_t n;

  template <class T>
  struct Row {
    T* data;
    int64_t step;
    __device__ T& operator[](int64_t i) const { return data[i * step]; }
  };

  __device__ int64_t position(int64_t i) const { return i; }

  template <class F>
  __device__ void for_each(const F& f) const {
    for (int64_t i = lane; i < n; i += lanes) f(i);
  }

  template <class T>
  __device__ Row<const T> load(const T* x, int64_t step) const {
    return {x, step};
  }
  template <class T>
  __device__ Row<T> results(T* y, int64_t step) const {
    return {y, step};
  }
  template <class T>
  __device__ void store(const Row<T>&, T*, int64_t) const {}  // the results are in memory already

  template <class R, class F>
  __device__ auto reduce(const F& f) const {
    // Two levels of chains. The rounding error grows with the longer level, not with the
    // product of both.
    constexpr int chain = 32;
    constexpr auto identity = R::template identity<std::remove_cvref_t<decltype(f(0))>>;
    auto result = identity;
    for (int64_t i = lane; i < n;) {
      auto part = identity;
      for (int c = 0; c < chain && i < n; ++c, i += lanes) part = R{}.value(part, f(i));
      result = R{}.value(result, part);
    }
    return reduce_lanes<R>(result, lanes);
  }
};

/// The rows of N views. All views have equally many rows, of n elements or of one.
template <int N>
struct Rows {
  Loop<N> loop;  // over the first elements of the rows
  int64_t n = 1;
  int64_t steps[N];  // from one element of a row to the next
  int lanes = 1;

  /// Calls row(share, offsets) for each row, by a group of `lanes` threads. A group without a row
  /// calls it with n = 0, because all threads of a block must reach its barriers.
  template <class Share, class Call>
  __device__ __forceinline__ void for_each(const Call& row) const {
    const int groups = static_cast<int>(blockDim.x) / lanes, thread = static_cast<int>(threadIdx.x);
    for (int64_t first = int64_t{blockIdx.x} * groups; first < loop.count;
         first += int64_t{gridDim.x} * groups) {
      const int64_t number = first + thread / lanes;
      const bool exists = number < loop.count;
      row(Share{thread % lanes, lanes, exists ? n : 0}, loop(exists ? number : 0));
    }
  }

  /// Blocks of at least a warp. A block has several rows if rows are short.
  Grid grid() const {
    constexpr int64_t threads = 128;
    const auto wanted = std::bit_ceil(static_cast<uint64_t>(std::min(loop.count, threads) * lanes));
    const int64_t block =
        std::max<int64_t>(lanes, std::clamp<int64_t>(static_cast<int64_t>(wanted), 32, threads));
    return {blocks_for_jobs(divide_up(loop.count, block / lanes)), static_cast<unsigned>(block)};
  }
};

/// Calls run(share, rows) with the kind of Share that suits the rows, unless there are none. T is
/// the element type. Views with one element per row may have another.
template <class T, class Run, class... Views>
void for_rows(const Run& run, const Views&... views) {
  constexpr int N = sizeof...(views), width = pack_width<T>;
  Rows<N> rows;
  const View* all[] = {&views...};
  for (const View* view : all)
    if (view->dim > 0) rows.n = std::max(rows.n, view->sizes[view->dim - 1]);
  bool packs = rows.n % width == 0;
  View starts[] = {views...};
  for (int v = 0; v < N; ++v) {
    View& view = starts[v];
    const bool one = view.dim == 0 || view.sizes[view.dim - 1] == 1;
    if (view.numel() == 0) return;
    rows.steps[v] = one ? 1 : view.strides[view.dim - 1];
    if (view.dim > 0) view.sizes[view.dim - 1] = 1;
    if (one) continue;
    packs = packs && rows.steps[v] == 1 && is_aligned(view.data, 16);
    for (int d = 0; d < view.dim - 1; ++d)
      packs = packs && (view.sizes[d] == 1 || view.strides[d] % width == 0);
  }
  rows.loop = [&]<size_t... I>(std::index_sequence<I...>) { return Loop<N>(MergedLoops<N>(starts[I]...)); }
  (std::make_index_sequence<N>{});
  const auto run_with = [&]<class Share>(Share, int64_t elements_a_lane) {
    const uint64_t lanes = static_cast<uint64_t>((rows.n + elements_a_lane - 1) / elements_a_lane);
    rows.lanes = static_cast<int>(std::min<uint64_t>(std::bit_ceil(lanes), kMostLanes));
    run(Share{}, rows);
  };
  // Elements in a thread's registers: 64 bytes in packs, or 32 bytes if each element needs an
  // address of its own.
  constexpr int most = 64 / sizeof(T), single = most / 2;
  if (rows.n <= 4 * kWarp) return run_with(InRegisters<4, 1>{}, 4);
  if (packs && rows.n <= most * kMostLanes) return run_with(InRegisters<most, width>{}, most);
  if (rows.n <= single * kMostLanes) return run_with(InRegisters<single, 1>{}, single);
  run_with(InMemory{}, most);
}

}  // namespace gradus::cuda
