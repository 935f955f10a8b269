// Batches of small matrices, with a block of threads for each matrix. linalg.cu and jacobi.cu are
// built on it.
//
// A block copies its matrix into shared memory if it fits, else into global memory. The copy is
// column-major. The lanes of a warp go down a column, and the warps take turns at the columns, so
// neighbouring threads access neighbouring elements. Columns begin an odd number of elements apart,
// so the elements of a row are in different banks of shared memory, too.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/cuda/lines.h"
#include "kernels/cuda/reduce_lanes.h"
#include "kernels/cuda/workspace.h"

namespace gradus::cuda {

/// The most threads of a block.
inline constexpr int kMostThreads = 512;

/// The thread's place in its block.
struct Lane {
  int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  int warps = static_cast<int>(blockDim.x) / kWarp;
};

/// A matrix, or a vector as its column 0.
template <class T>
struct Matrix {
  T* data;
  int64_t row_step, column_step;
  __device__ T& operator()(int64_t i, int64_t j) const { return data[i * row_step + j * column_step]; }
  __device__ T* column(int64_t j) const { return data + j * column_step; }
};

/// f(i, j) for each element of a matrix. Neighbouring threads go along the dimension in which
/// `along` has the smaller stride, so that they access neighbouring elements of it.
template <class T, class F>
__device__ void for_elements(const Matrix<T>& along, int64_t rows, int64_t columns, const F& f) {
  const Lane me;
  if (along.row_step <= along.column_step) {
    for (int64_t j = me.warp; j < columns; j += me.warps)
      for (int64_t i = me.lane; i < rows; i += kWarp) f(i, j);
  } else {
    for (int64_t i = me.warp; i < rows; i += me.warps)
      for (int64_t j = me.lane; j < columns; j += kWarp) f(i, j);
  }
}

/// to = from / scale. Returns the scale, a power of two that brings the largest element into [1,
/// 2). So squares neither overflow nor vanish, and nothing is rounded. If `only_lower` is true,
/// elements above the diagonal are neither read nor written.
template <class T>
__device__ T copy_scaled(const Matrix<const T>& from, const Matrix<T>& to, int64_t rows, int64_t columns,
                         bool only_lower = false) {
  T largest = 0;
  for_elements(from, rows, columns, [&](int64_t i, int64_t j) {
    if (!only_lower || i >= j) largest = max(largest, std::abs(from(i, j)));
  });
  largest = reduce_lanes<Maximum>(largest, static_cast<int>(blockDim.x));
  const T scale = largest > 0 && std::isfinite(largest) ? std::ldexp(T(1), std::ilogb(largest)) : T(1);
  for_elements(from, rows, columns, [&](int64_t i, int64_t j) {
    if (!only_lower || i >= j) to(i, j) = from(i, j) / scale;
  });
  __syncthreads();
  return scale;
}

/// N views (…, rows, columns), or (…, n), as an argument of a kernel.
template <int N>
struct Batch {
  Loop<N> begins;  // where in each view matrix number 0, 1, … begins
  int64_t steps[N][2];

  /// The first `dim` dimensions count the matrices.
  template <class... Views>
  explicit Batch(int dim, const Views&... views) {
    View counted[] = {views...};
    for (int v = 0; v < N; ++v) {
      for (int d = dim; d < dim + 2; ++d) steps[v][d - dim] = d < counted[v].dim ? counted[v].strides[d] : 0;
      counted[v].dim = static_cast<uint8_t>(dim);
    }
    begins = [&]<size_t... V>(std::index_sequence<V...>) { return Loop<N>(MergedLoops<N>(counted[V]...)); }
    (std::make_index_sequence<N>{});
  }

  /// The matrix of view number `view` that begins there.
  template <class T>
  __device__ Matrix<T> matrix(int view, T* data, const Offsets<N>& at) const {
    return {data + at[view], steps[view][0], steps[view][1]};
  }
};

template <class T>
__device__ void swap_values(T& a, T& b) {
  const T was = a;
  a = b;
  b = was;
}

// ---- Where a block works ------------------------------------------------------------------------

/// The shared memory for matrices: the 48 KiB that every device gives a block by default, less
/// what kernels need.
inline constexpr int64_t kMostShared = 47 << 10;

/// The elements of a matrix (rows, columns) with its columns an odd number of elements apart.
__host__ __device__ constexpr int64_t padded(int64_t rows, int64_t columns) { return (rows | 1) * columns; }

/// The memory of each block, as an argument of a kernel.
struct BlockMemory {
  unsigned char* global;  // nullptr: in shared memory
  int64_t bytes;
};

/// Divides the memory of this block. Arrays with the largest elements come first, which keeps
/// the others aligned.
class BlockArena {
 public:
  __device__ explicit BlockArena(const BlockMemory& memory)
      : next_(memory.global ? memory.global + blockIdx.x * memory.bytes : dynamic_shared<unsigned char>()) {}

  template <class T>
  __device__ T* take(int64_t n) {
    T* data = reinterpret_cast<T*>(next_);
    next_ += n * static_cast<int64_t>(sizeof(T));
    return data;
  }
  template <class T>
  __device__ Matrix<T> matrix(int64_t rows, int64_t columns) {
    return {take<T>(padded(rows, columns)), 1, rows | 1};
  }

 private:
  unsigned char* next_;
};

/// The number of matrices, and the size of the block for each: its warps, so that `tasks` tasks
/// keep them busy, and its memory.
struct Blocks {
  int64_t matrices, tasks, bytes;
  Place place;
  Blocks(int64_t matrices, int64_t tasks, int64_t bytes, Place place = Place::current())
      : matrices(matrices), tasks(tasks), bytes(divide_up(bytes, 16) * 16), place(place) {}
};

/// Starts a kernel whose first parameter is its BlockMemory. Each block takes
/// every gridDim.x-th matrix.
template <auto kernel, class... Arguments>
void launch_blocks(const Blocks& blocks, const Arguments&... arguments) {
  if (blocks.matrices == 0) return;
  const bool shared = blocks.bytes <= kMostShared;
  const int64_t count = std::min<int64_t>(blocks_for_jobs(blocks.matrices), shared ? 1 << 12 : 256);
  const auto threads = static_cast<unsigned>(kWarp * power_of_two(blocks.tasks, 1, kMostThreads / kWarp));
  const auto start = [&](void* global, int64_t shared_bytes) {
    launch<kernel>({static_cast<unsigned>(count), threads, static_cast<size_t>(shared_bytes), blocks.place},
                   BlockMemory{static_cast<unsigned char*>(global), blocks.bytes}, arguments...);
  };
  if (shared) return start(nullptr, blocks.bytes);
  const Workspace memory(count * blocks.bytes);
  start(memory.data(), 0);
}

}  // namespace gradus::cuda
