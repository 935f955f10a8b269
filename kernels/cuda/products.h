// What the matrix products of matmul.cu and matmul_async.cu have in common: matrices, batches of
// products, tiles of C, and a thread's place in a tile.
#pragma once

#include <algorithm>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"

namespace gradus::cuda {

/// One matrix: element (i, j) is at data[i·row + j·column].
template <class T>
struct Matrix {
  T* data;
  int64_t rows, columns, row_stride, column_stride;

  __device__ T& operator()(int64_t i, int64_t j) const { return data[i * row_stride + j * column_stride]; }
};

template <class T>
Matrix<T> last_two(const View& view) {
  const int d = view.dim - 2;
  return {view.as<T>(), view.sizes[d], view.sizes[d + 1], view.strides[d], view.strides[d + 1]};
}

template <class T>
struct Product {
  Matrix<const T> a, b;
  Matrix<T> c;
};

/// A batch of products: the first one, and the offsets of all in c, a and b.
template <class T>
struct Batch {
  Product<T> first;
  Loop<3> offsets;

  Batch(View a, View b, View c) : first{last_two<const T>(a), last_two<const T>(b), last_two<T>(c)} {
    a.dim = b.dim = c.dim = static_cast<uint8_t>(c.dim - 2);
    offsets = Loop<3>(MergedLoops<3>(c, a, b));
  }

  __device__ Product<T> operator[](int64_t i) const {
    const Offsets<3> at = offsets(i);
    Product<T> one = first;
    one.c.data += at[0];
    one.a.data += at[1];
    one.b.data += at[2];
    return one;
  }
  int64_t outputs() const { return offsets.count * first.c.rows * first.c.columns; }
};

/// The tiles that cover C in every matrix of the batch. Each block works on one.
struct TileGrid {
  Divisor across, down;
  int64_t tiles;

  template <class T>
  TileGrid(const Batch<T>& all, int64_t side)
      : across(divide_up(all.first.c.columns, side)),
        down(divide_up(all.first.c.rows, side)),
        tiles(divide_up(all.first.c.columns, side) * divide_up(all.first.c.rows, side) * all.offsets.count) {}

  /// One for each tile.
  unsigned blocks() const {
    check(tiles <= INT32_MAX, "matmul: ", tiles,
          " blocks are too many for one launch, which has at most 2147483647; multiply parts of the batch");
    return static_cast<unsigned>(tiles);
  }

  struct Tile {
    int row, column;  // in tiles
    int64_t matrix;
  };
  __device__ Tile here() const {
    int64_t matrix = blockIdx.x;
    const int64_t column = across.divide(matrix), row = down.divide(matrix);
    return {static_cast<int>(row), static_cast<int>(column), matrix};
  }
};

// ---- For tiles whose threads have 8 × 8 outputs each --------------------------------------------

/// A or B as v3 and v4 read it. `side` runs along C's rows or columns, `depth` along k. The elements are
/// contiguous in one of the two directions.
template <class T>
struct Operand {
  const T* data;
  int64_t side, depth, side_step, depth_step;
  bool packs;  // can they be loaded 16 bytes at a time?
};

/// True if the elements can be loaded in packs: lines are contiguous, and in every matrix of the
/// batch each line begins at a multiple of a pack.
template <class T>
bool has_packs(const T* data, int64_t step, int64_t lines, int64_t line_step, const Loop<3>& batch,
               int view) {
  bool packs = step == 1 && is_aligned(data, 16) && (lines == 1 || line_step % pack_width<T> == 0);
  for (int d = 0; d < batch.dim; ++d) packs = packs && batch.strides[d][view] % pack_width<T> == 0;
  return packs;
}

/// A, whose side runs along C's rows.
template <class T>
Operand<T> left_operand(const Matrix<const T>& a, const Loop<3>& batch, bool along_depth) {
  return {a.data,
          a.rows,
          a.columns,
          a.row_stride,
          a.column_stride,
          along_depth ? has_packs(a.data, a.column_stride, a.rows, a.row_stride, batch, 1)
                      : has_packs(a.data, a.row_stride, a.columns, a.column_stride, batch, 1)};
}

/// B, whose side runs along C's columns.
template <class T>
Operand<T> right_operand(const Matrix<const T>& b, const Loop<3>& batch, bool along_depth) {
  return {b.data,
          b.columns,
          b.rows,
          b.column_stride,
          b.row_stride,
          along_depth ? has_packs(b.data, b.row_stride, b.columns, b.column_stride, batch, 2)
                      : has_packs(b.data, b.column_stride, b.rows, b.row_stride, batch, 2)};
}

/// The direction in which packs of an operand run.
template <class T>
bool runs_along_depth_of_a(const Matrix<const T>& a) {
  return a.row_stride != 1 && a.rows != 1;
}
template <class T>
bool runs_along_depth_of_b(const Matrix<const T>& b) {
  return b.column_stride != 1 && b.columns != 1;
}

/// True if the elements are contiguous along rows or columns.
template <class T>
bool has_unit_stride(const Matrix<T>& m) {
  return m.row_stride == 1 || m.rows == 1 || m.column_stride == 1 || m.columns == 1;
}

/// The thread's place among the threads of the tile. A warp is 4 × 8 threads. Its load of B is 8
/// neighbouring packs, and its load of A is four packs, each shared by 8 threads.
template <class Tiling>
struct Place8x8 {
  int row, column;
  __device__ Place8x8() {
    constexpr int warps_across = Tiling::threads_across / 8;
    const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
    row = warp / warps_across * 4 + lane / 8;
    column = warp % warps_across * 8 + lane % 8;
  }
};

template <class Tiling, class T>
__device__ void write(const Matrix<T>& c, bool packs, int64_t first_row, int64_t first_column,
                      const Place8x8<Tiling>& place, const T (&sum)[Tiling::each][Tiling::each]) {
  constexpr int width = Tiling::width, each = Tiling::each, stride = Tiling::threads_across * width;
#pragma unroll
  for (int i = 0; i < each; ++i) {
    const int64_t row = first_row + i / width * stride + place.row * width + i % width;
    if (row >= c.rows) continue;
#pragma unroll
    for (int g = 0; g < each / width; ++g) {
      const int64_t column = first_column + g * stride + place.column * width;
      Pack<T, width> pack;
#pragma unroll
      for (int w = 0; w < width; ++w) pack.values[w] = sum[i][g * width + w];
      if (packs && column + width <= c.columns) {
        store<width>(&c(row, column), 0, pack);
      } else {
#pragma unroll
        for (int w = 0; w < width; ++w)
          if (column + w < c.columns) c(row, column + w) = pack.values[w];
      }
    }
  }
}

// ---- Calls --------------------------------------------------------------------------------------

/// Calls run(a_along_depth, b_along_depth, grid, arguments…) for a kernel whose threads have 8 × 8
/// outputs each. The first two are std::true_type if the packs of A and of B run along k, else
/// std::false_type. The arguments are those of the kernel.
template <class Tiling, class T, class Run>
void run_8x8(const Batch<T>& all, const Run& run) {
  const auto& [a, b, c] = all.first;
  const Loop<3>& batch = all.offsets;
  const bool a_along_depth = runs_along_depth_of_a(a), b_along_depth = runs_along_depth_of_b(b);
  const Operand<T> left = left_operand(a, batch, a_along_depth);
  const Operand<T> right = right_operand(b, batch, b_along_depth);
  const bool c_packs = has_packs(c.data, c.column_stride, c.rows, c.row_stride, batch, 0);
  const TileGrid tiles(all, Tiling::side);
  const Grid grid{tiles.blocks(), Tiling::threads};
  const std::true_type depth;
  const std::false_type side;
  const auto launch_with = [&](auto a_way, auto b_way) {
    run(a_way, b_way, grid, left, right, all.first.c, c_packs, batch, tiles);
  };
  if (a_along_depth)
    b_along_depth ? launch_with(depth, depth) : launch_with(depth, side);
  else
    b_along_depth ? launch_with(side, depth) : launch_with(side, side);
}

/// Calls run(batch) unless there is nothing to multiply.
template <class T, class Run>
void product(const View& a, const View& b, const View& out, const Run& run) {
  if (out.numel() == 0) return;
  if (a.sizes[a.dim - 1] == 0) return fill(T(0), out);
  run(Batch<T>(a, b, out));
}

template <class Run>
void for_numbers(const View& a, const View& b, const View& out, const Run& run) {
  visit_dtype(out.dtype, [&]<class T>(T) {
    if constexpr (std::same_as<T, bool>)
      no_kernel("matmul", "cuda", kBool);
    else
      product<T>(a, b, out, run);
  });
}

}  // namespace gradus::cuda
