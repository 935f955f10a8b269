// Copies of transposed matrices: out (rows, columns) is row-major, x is column-major.
//
//   v1 naive   Each thread copies one element. A warp writes a row of out, and coalesces. But it reads
//              elements of x that are a whole column apart: each of its 32 loads fetches 32 bytes and
//              uses 4.
//   v2 tiles   A block reads a tile of 32 × 32 along x's columns, and writes it along out's rows. Shared
//              memory transposes it. All accesses to global memory coalesce. But the elements of a
//              tile's column are 32 words apart, all in one of the 32 banks: 32 rounds instead of one.
//   v3 padded  Rows of the tile have 33 elements. The elements of a column are 33 words apart, in 32
//              different banks. (Elements of 8 bytes are served in half-warps, whose 16 elements are
//              66 words apart. Four elements of 1 byte share a word, and the words are in different banks.)
//
// sm_80 (ptxas -v): 32 registers, no spills; shared memory for float32 none, 4,096 and 4,224 bytes.
// 8 blocks of 256 threads on a multiprocessor, all that it can hold, in each of the three.
//
// Bytes: 8 for each element of float32, and no flops. The roofline predicts (not measured) that
// memory allows v3 194 · 10⁹ elements a second on an A100 (1,555 GB/s), and 126 · 10⁹ on an RTX 4090
// (1,008 GB/s). v1 fetches 32 + 4 bytes for each element if the cache does not help. Then it is
// 4.5 times slower.
#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"

namespace gradus::cuda {
namespace {

constexpr int kTile = 32;
constexpr int kRowsAtATime = 8;  // a block has 32 × 8 threads: each moves four elements of a tile

/// Element (r, c) of matrix b is at out[of_out(b) + r·out_row + c] and at x[of_x(b) +
/// c·x_column + r].
struct Transposition {
  Loop<2> batch;  // out's offsets, then x's
  int64_t rows, columns, out_row, x_column;
  int64_t tiles;  // of all matrices
  Divisor tiles_in_a_row, tiles_in_a_column;

  struct Tile {
    int64_t first_row, first_column, out, x;
  };
  __device__ Tile operator()(int64_t number) const {
    const int64_t column = tiles_in_a_row.divide(number), row = tiles_in_a_column.divide(number);
    const Offsets<2> at = batch(number);
    return {row * kTile, column * kTile, at[0], at[1]};
  }
};

// ---- v1 naive -----------------------------------------------------------------------------------

template <class T>
__global__ void naive(Transposition all, T* out, const T* x) {
  for (int64_t number = blockIdx.x; number < all.tiles; number += gridDim.x) {
    const auto tile = all(number);
    const int64_t c = tile.first_column + threadIdx.x;
    for (int64_t r = tile.first_row + threadIdx.y; r < tile.first_row + kTile; r += kRowsAtATime)
      if (r < all.rows && c < all.columns)
        out[tile.out + r * all.out_row + c] = x[tile.x + c * all.x_column + r];
  }
}

// ---- v2 tiles, and v3 with padded rows ----------------------------------------------------------

template <int padding, class T>
__global__ void tiles(Transposition all, T* out, const T* x) {
  __shared__ T transposed[kTile][kTile + padding];
  const int across = threadIdx.x;
  for (int64_t number = blockIdx.x; number < all.tiles; number += gridDim.x) {
    const auto tile = all(number);
    for (int down = threadIdx.y; down < kTile; down += kRowsAtATime) {
      const int64_t r = tile.first_row + across, c = tile.first_column + down;
      if (r < all.rows && c < all.columns) transposed[down][across] = x[tile.x + c * all.x_column + r];
    }
    __syncthreads();
    for (int down = threadIdx.y; down < kTile; down += kRowsAtATime) {
      const int64_t r = tile.first_row + down, c = tile.first_column + across;
      if (r < all.rows && c < all.columns) out[tile.out + r * all.out_row + c] = transposed[across][down];
    }
    __syncthreads();  // before the next tile overwrites this one
  }
}

/// Copies x if the copy is a transposition of enough elements that tiles are not mostly empty;
/// else returns false.
bool find_transposition(const View& x, const View& out, Transposition& all) {
  if (x.dtype != out.dtype) return false;
  const MergedLoops<2> loops(out, x);
  const int column = loops.dim - 1;
  int row = column - 1;
  while (row >= 0 && loops.strides[row][1] != 1) --row;
  if (row < 0 || loops.strides[column][0] != 1 || loops.strides[column][1] == 1) return false;
  all.rows = loops.sizes[row];
  all.columns = loops.sizes[column];
  all.out_row = loops.strides[row][0];
  all.x_column = loops.strides[column][1];
  for (int d = 0; d < column; ++d)
    if (d != row) all.batch.push(loops.sizes[d], loops.strides[d]);
  const int64_t across = (all.columns + kTile - 1) / kTile, down = (all.rows + kTile - 1) / kTile;
  all.tiles_in_a_row = Divisor(across);
  all.tiles_in_a_column = Divisor(down);
  all.tiles = across * down * all.batch.count;
  return loops.count > 0 && all.rows >= kTile / 2 && all.columns >= kTile / 2;
}

/// Launches the step of the ladder that `kernel_for` gives for the element type. Only the
/// type's size matters.
template <class KernelFor>
bool transpose_by(const View& x, const View& out, const KernelFor& kernel_for) {
  Transposition all;
  if (!find_transposition(x, out, all)) return false;
  const auto run = [&]<class T>(T) {
    const Grid grid{blocks_for_jobs(all.tiles), {kTile, kRowsAtATime}};
    kernel_for(T{}, grid, all, out.as<T>(), x.as<const T>());
    return true;
  };
  const int64_t bytes = item_size(x.dtype);
  if (bytes >= 4) return bytes == 8 ? run(uint64_t{}) : run(uint32_t{});
  return bytes == 2 ? run(uint16_t{}) : run(uint8_t{});
}

}  // namespace

bool transpose_v1(const View& x, const View& out) {
  return transpose_by(x, out, []<class T>(T, const auto&... arguments) { launch<naive<T>>(arguments...); });
}

bool transpose_v2(const View& x, const View& out) {
  return transpose_by(x, out,
                      []<class T>(T, const auto&... arguments) { launch<tiles<0, T>>(arguments...); });
}

bool transpose_v3(const View& x, const View& out) {
  return transpose_by(x, out,
                      []<class T>(T, const auto&... arguments) { launch<tiles<1, T>>(arguments...); });
}

bool transpose(const View& x, const View& out) { return transpose_v3(x, out); }

}  // namespace gradus::cuda
