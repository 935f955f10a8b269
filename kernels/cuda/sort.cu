// Stable sorting along one dimension, with the original index of each element.
//
//   v1 bitonic  A block sorts up to 1,024 elements in shared memory. A bitonic network compares fixed
//               pairs, so every thread has the same work in each of its ½ log₂ n (log₂ n + 1) steps: 55
//               for 1,024 elements. The network itself is not stable. Ordering equal elements by their
//               index makes it so.
//   v2 merges   For longer lines: tiles of 1,024 are sorted, then each pass merges neighbouring runs into
//               runs of twice the length. No thread waits for another. An element's place in the merged
//               run is its place in its own run plus the number of elements of the other run that go
//               before it. A binary search finds that number.
//
// sort() is v1 for lines of up to 1,024 elements, else v2 with ⌈log₂ (n / 1,024)⌉ passes. Each pass
// reads and writes every element and its index once, 24 bytes for float32. Its search takes log₂ of
// the run's length loads, which are mostly the same for neighbouring threads and come from cache. A
// pass reads in order, so its reads coalesce. It writes two interleaved ascending sequences, so its
// writes nearly coalesce.
//
// NaN is greater than every number, as on the CPU. Source: Batcher, "Sorting networks and
// their applications" (1968).
//
// sm_80 (ptxas -v): no spills. Tiles take 32 registers and 8,192 bytes of shared memory (float32)
// or 12,288 (float64, int64): 4 blocks of 512 threads, as many as a multiprocessor can hold. Merges
// take 40 registers: 6 blocks of 256.
//
// Bytes: the tiles read an element and write it with its index, 16 bytes in float32. A line of 2²⁰
// takes 10 passes more, 256 bytes in all. The roofline predicts (not measured) that memory allows 6
// · 10⁹ elements a second on an A100 (1,555 GB/s) and 3.9 · 10⁹ on an RTX 4090 (1,008 GB/s), if all
// searching is done in cache. Short lines do not wait for memory: the 55 steps of a tile, each with
// a barrier, take some 5,000 clocks.
#include <utility>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/lines.h"
#include "kernels/cuda/workspace.h"

namespace gradus::cuda {
namespace {

constexpr int kTile = 1024;

/// Must a go before b? NaN is greater than every number.
template <bool descending>
struct Before {
  template <class T>
  __device__ bool operator()(T a, T b) const {
    if constexpr (descending) return Before<false>{}(b, a);
    return a < b || (b != b && a == a);
  }
};

/// Sorts each tile of each line of x into `values` and `indices`.
template <bool descending, class T>
__global__ void __launch_bounds__(kTile / 2)
    sort_tiles(Lines<3> lines, Divisor tiles, int64_t jobs, const T* x, T* values, int64_t* indices) {
  __shared__ T value[kTile];
  __shared__ int index[kTile];  // in the tile; indices from `count` on are padding and go last
  const int size = 2 * static_cast<int>(blockDim.x), thread = static_cast<int>(threadIdx.x);
  for (int64_t job = blockIdx.x; job < jobs; job += gridDim.x) {
    int64_t line = job;
    const int64_t begin = tiles.divide(line) * kTile;
    const int count = static_cast<int>(min(lines.n - begin, int64_t{kTile}));
    const auto at = lines.starts(line);
    for (int i = thread; i < size; i += static_cast<int>(blockDim.x)) {
      value[i] = i < count ? x[at[2] + (begin + i) * lines.steps[2]] : T(0);
      index[i] = i;
    }
    const auto before = [&](int i, int j) {
      if (max(index[i], index[j]) >= count) return index[i] < index[j];
      const Before<descending> goes_before;
      return goes_before(value[i], value[j]) || (!goes_before(value[j], value[i]) && index[i] < index[j]);
    };
    // Runs of `run` elements, alternately ascending and descending, are merged into runs of
    // twice the length. Each step compares elements at a distance, and the distance is halved
    // from step to step.
    for (int run = 1; run < size; run *= 2)
      for (int distance = run; distance > 0; distance /= 2) {
        __syncthreads();
        const int i = 2 * thread - (thread & (distance - 1)), j = i + distance;
        const bool ascending = (i & (2 * run)) == 0;
        if (before(j, i) == ascending) {
          const T v = value[i];
          value[i] = value[j];
          value[j] = v;
          const int k = index[i];
          index[i] = index[j];
          index[j] = k;
        }
      }
    __syncthreads();
    for (int i = thread; i < count; i += static_cast<int>(blockDim.x)) {
      values[at[0] + (begin + i) * lines.steps[0]] = value[i];
      indices[at[1] + (begin + i) * lines.steps[1]] = begin + index[i];
    }
    __syncthreads();  // the next tile overwrites what other threads still read
  }
}

/// Merges pairs of neighbouring sorted runs of `run` elements (a power of two), from one pair of
/// views to another.
template <bool descending, class T>
__global__ void merge_runs(Lines<4> lines, Divisor length, int64_t count, int64_t run, T* to_values,
                           int64_t* to_indices, const T* values, const int64_t* indices) {
  for (int64_t element = global_thread(); element < count; element += all_threads()) {
    int64_t line = element;
    const int64_t i = length.divide(line), first = i & ~(2 * run - 1), middle = min(first + run, lines.n);
    const auto at = lines.starts(line);
    const T* from = values + at[2];
    const T mine = from[i * lines.steps[2]];
    const bool left = i < middle;
    // Counts the elements of the other run that go before this one. Of equal elements the left
    // run's go first.
    int64_t low = left ? middle : first, high = left ? min(middle + run, lines.n) : middle;
    const int64_t start = low;
    while (low < high) {
      const int64_t half = low + (high - low) / 2;
      const T other = from[half * lines.steps[2]];
      const Before<descending> goes_before;
      if (left ? goes_before(other, mine) : !goes_before(mine, other))
        low = half + 1;
      else
        high = half;
    }
    const int64_t place = (left ? i : first + i - middle) + (low - start);
    to_values[at[0] + place * lines.steps[0]] = mine;
    to_indices[at[1] + place * lines.steps[1]] = indices[at[3] + i * lines.steps[3]];
  }
}

/// Values and indices of x's shape in memory of their own, contiguous along `dim`.
struct SortedRuns {
  Workspace value_block, index_block;
  View values, indices;

  SortedRuns(const View& x, int dim)
      : value_block(x.numel() * item_size(x.dtype)),
        index_block(x.numel() * item_size(kInt64)),
        values(x),
        indices(x) {
    int64_t stride = x.sizes[dim];
    values.strides[dim] = 1;
    for (int d = x.dim - 1; d >= 0; --d) {
      if (d == dim) continue;
      values.strides[d] = stride;
      stride *= x.sizes[d];
    }
    std::copy_n(values.strides, x.dim, indices.strides);
    indices.dtype = kInt64;
    values.data = value_block.data();
    indices.data = index_block.data();
  }
};

template <bool descending, class T>
void sort_lines(const View& x, int dim, const View& values, const View& indices) {
  const auto sort_tiles_into = [&](const View& values, const View& indices) {
    const Lines<3> lines = lines_along(dim, values, indices, x);
    const int64_t tiles = divide_up(lines.n, kTile), jobs = lines.starts.count * tiles;
    const int threads = power_of_two(lines.n, 64, kTile) / 2;
    launch<sort_tiles<descending, T>>({blocks_for_jobs(jobs), static_cast<unsigned>(threads)}, lines,
                                      Divisor(tiles), jobs, x.as<const T>(), values.as<T>(),
                                      indices.as<int64_t>());
  };
  const int64_t n = x.dim == 0 ? 1 : x.sizes[dim];
  if (n <= kTile) return sort_tiles_into(values, indices);
  const SortedRuns one(x, dim), other(x, dim);
  const SortedRuns *from = &one, *to = &other;
  sort_tiles_into(from->values, from->indices);
  for (int64_t run = kTile; run < n; run *= 2, std::swap(from, to)) {
    const bool last = 2 * run >= n;
    const View &to_values = last ? values : to->values, &to_indices = last ? indices : to->indices;
    const Lines<4> lines = lines_along(dim, to_values, to_indices, from->values, from->indices);
    const int64_t count = lines.starts.count * n;
    launch<merge_runs<descending, T>>({blocks_for(count), kThreads}, lines, Divisor(n), count, run,
                                      to_values.as<T>(), to_indices.as<int64_t>(), from->values.as<const T>(),
                                      from->indices.as<const int64_t>());
  }
}

}  // namespace

void sort(const View& x, int dim, bool descending, const View& values, const View& indices) {
  if (x.numel() == 0) return;
  visit_dtype(x.dtype, [&]<class T>(T) {
    if (descending)
      sort_lines<true, T>(x, dim, values, indices);
    else
      sort_lines<false, T>(x, dim, values, indices);
  });
}

}  // namespace gradus::cuda
