// Matrix product C = A B, A (m, k), B (k, n), batched over leading dimensions. Transposed operands
// are read in place.
//
//   v1 naive      One thread computes one output: 2k flops for 2k loads, 1/4 flop a byte in float32. The
//                 thread waits for memory. Used for int64, for products of a few thousand
//                 multiplications, and for any strides.
//   v2 tiles      A block of 16 × 16 threads keeps tiles of A and B in shared memory. Each number is
//                 loaded once and used by 16 threads: 4 flops a byte of global memory. But each FMA
//                 still needs two numbers of 4 bytes from shared memory, which delivers 128 bytes a
//                 clock: at most 16 FMAs a clock. Used for matrices with a short side.
//   v3 registers  A thread keeps 8 × 8 outputs in registers. A step of k takes 8 numbers of A and 8 of B
//                 for 64 FMAs. In float32 these are four 16-byte loads from shared memory, 16 FMAs for
//                 each; in float64 eight, 8 FMAs for each. While a tile is multiplied, the next one
//                 travels from global memory into registers. It is then put into the other of two
//                 buffers, so one barrier a tile is enough.
//   v4            In matmul_async.cu: asynchronous copies to shared memory, which need no registers.
//
// matmul() takes v3 if both sides of C are long enough for its tiles, else v2 or v1. For a vector
// times a matrix that is contiguous along k it takes `dots`: a warp for each output.
//
// Coalescing: a warp loads a tile in packs of 16 bytes. If an operand is contiguous along k, the
// packs form lines of 32 bytes, the least that memory delivers; if it is contiguous along C's side,
// lines of 256 or 512. In shared memory 8 threads read 128 contiguous bytes, or all read the same
// 16. There are no bank conflicts.
//
// sm_80 (ptxas -v), no spills:
//   v1  float32         40 registers                          6 blocks of 256 threads on a multiprocessor
//   v2  float32         32 registers    2,048 bytes shared    8 blocks of 256
//   v3  float32, 128²  124 registers   16,896 bytes shared    2 blocks of 256, a quarter of its threads
//   v3  float32,  64²  156 registers    8,704 bytes shared    6 blocks of  64
//   v3  float64,  64²  224 registers    8,704 bytes shared    4 blocks of  64
//
// The roofline predicts (not measured) how fast v3 should be. A 128² tile does 32 flops for each
// byte it loads, mostly from caches, since the blocks of a row of tiles share the lines of A. The
// 64² tile in float64 does 8. In one tile of k a thread does 512 FMAs. With them come 32 loads from
// shared memory, 2 from global memory, up to 8 stores to shared memory, a barrier and some 20
// instructions for counting: FMAs are 89 % of all instructions. Few warps keep the multipliers
// busy, because a thread's 64 chains of FMAs do not wait for each other.
//
//   A100      19.5 Tflop/s, 12.5 flops a byte. An FMA occupies the multipliers for two clocks, and other
//             instructions are issued in between. Shared memory is busy half the time. v3 is bound by
//             FMAs: 90 % of peak or more. The same holds for float64, with a peak of 9.7 Tflop/s.
//   RTX 4090  82.6 Tflop/s, 82 flops a byte. Instructions are issued only as fast as FMAs are done. A
//             warp's 16-byte load keeps shared memory busy for up to 4 clocks: 16 a step, as long as the
//             step's FMAs. v3 reaches at most 89 % of peak, and only as long as the L2 cache delivers
//             the 2.6 TB/s that 32 flops a byte need.
#include "kernels/cuda/products.h"
#include "kernels/cuda/reduce_lanes.h"

namespace gradus::cuda {
namespace {

// ---- v1 naive -----------------------------------------------------------------------------------

// Neighbouring threads have neighbouring columns. They read the same element of A, and neighbouring
// ones of B.
template <class T>
__global__ void naive(Batch<T> all, Divisor columns, Divisor rows, int64_t outputs) {
  for (int64_t number = global_thread(); number < outputs; number += all_threads()) {
    int64_t matrix = number;
    const int64_t j = columns.divide(matrix), i = rows.divide(matrix);
    const Product<T> one = all[matrix];
    T sum = 0;
    for (int64_t p = 0; p < one.a.columns; ++p) sum += one.a(i, p) * one.b(p, j);
    one.c(i, j) = sum;
  }
}

// ---- v2 tiles -----------------------------------------------------------------------------------

constexpr int kSide = 16;

template <class T>
__global__ void tiles(Batch<T> all, TileGrid grid) {
  __shared__ T a[kSide][kSide], b[kSide][kSide];
  const auto tile = grid.here();
  const Product<T> one = all[tile.matrix];
  const int x = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  const int64_t i = int64_t{tile.row} * kSide + y, j = int64_t{tile.column} * kSide + x, k = one.a.columns;
  T sum = 0;
  for (int64_t first = 0; first < k; first += kSide) {
    a[y][x] = i < one.c.rows && first + x < k ? one.a(i, first + x) : T(0);
    b[y][x] = first + y < k && j < one.c.columns ? one.b(first + y, j) : T(0);
    __syncthreads();
#pragma unroll
    for (int p = 0; p < kSide; ++p) sum += a[y][p] * b[p][x];
    __syncthreads();  // before the next tiles overwrite these
  }
  if (i < one.c.rows && j < one.c.columns) one.c(i, j) = sum;
}

// ---- v3 registers -------------------------------------------------------------------------------

/// A tile of C has side × side elements, 8 × 8 for each of its threads. A step along k takes
/// `depth` numbers of each line.
template <class T, int tile_side>
struct Tiling {
  static constexpr int side = tile_side, each = 8;
  static constexpr int depth = 32 / sizeof(T);  // 32 bytes, the least that memory delivers
  static constexpr int threads_across = side / each, threads = threads_across * threads_across;
  static constexpr int blocks = side == 128 ? 2 : sizeof(T) == 4 ? 6 : 4;  // on a multiprocessor
  static constexpr int width = pack_width<T>;                              // numbers in 16 bytes
  static constexpr int padded = side + 4;  // length of a row in shared memory, see Carrier::put

  using Shared = T[depth][padded];
};

/// A thread's share of an operand's tiles. The thread carries one tile after another from global to
/// shared memory. Its packs run along k if `along_depth` is true, else along C's side.
template <class Tiling, class T, bool along_depth>
class Carrier {
 public:
  /// For the tiles whose lines begin at first_side.
  __device__ Carrier(const Operand<T>& from, int64_t first_side)
      : tile_step_(Tiling::depth * from.depth_step), packs_(from.packs) {
#pragma unroll
    for (int c = 0; c < count; ++c) {
      const auto [side, depth] = position(c);
      const int64_t first = first_side + side, left = from.side - first;
      place_[c] = from.data + first * from.side_step + depth * from.depth_step;
      side_left_[c] = static_cast<int>(left < width ? left : width);
    }
  }

  /// Loads the next tile. The operand has `depth_left` elements left along k. Beyond its end
  /// there are zeros.
  __device__ void fetch(int64_t depth_left) {
    const int left = static_cast<int>(depth_left < Tiling::depth ? depth_left : Tiling::depth);
#pragma unroll
    for (int c = 0; c < count; ++c) {
      const int depth = position(c).depth;
      const int valid =
          along_depth ? (side_left_[c] > 0 ? left - depth : 0) : (depth < left ? side_left_[c] : 0);
      if (packs_ && valid >= width) {
        carried_[c] = load<width>(place_[c], 0);
      } else {
#pragma unroll
        for (int w = 0; w < width; ++w) carried_[c].values[w] = w < valid ? place_[c][w] : T(0);
      }
      place_[c] += tile_step_;
    }
  }

  /// Shared memory has the side along its rows. A pack along k is spread over `width` rows. The
  /// padding puts the words that a warp writes at once into different banks.
  __device__ void put(typename Tiling::Shared& tile) const {
#pragma unroll
    for (int c = 0; c < count; ++c) {
      const auto [side, depth] = position(c);
      if constexpr (along_depth) {
#pragma unroll
        for (int w = 0; w < width; ++w) tile[depth + w][side] = carried_[c].values[w];
      } else {
        store<width>(&tile[depth][side], 0, carried_[c]);
      }
    }
  }

 private:
  static constexpr int width = Tiling::width,
                       packs_a_line = (along_depth ? Tiling::depth : Tiling::side) / width;
  static constexpr int count = Tiling::side * Tiling::depth / width / Tiling::threads;

  /// The position of this thread's pack number c in the tile. Neighbouring threads
  /// take neighbouring packs.
  struct Position {
    int side, depth;
  };
  static __device__ Position position(int c) {
    const int number = c * Tiling::threads + static_cast<int>(threadIdx.x);
    const int along = number % packs_a_line * width, line = number / packs_a_line;
    return along_depth ? Position{line, along} : Position{along, line};
  }

  const T* place_[count];
  int side_left_[count];  // elements of the side from there on, at most a pack
  int64_t tile_step_;
  bool packs_;
  Pack<T, width> carried_[count];
};

template <class Tiling, class T>
__device__ void multiply(const typename Tiling::Shared& a, const typename Tiling::Shared& b,
                         const Place8x8<Tiling>& place, T (&sum)[Tiling::each][Tiling::each]) {
  constexpr int width = Tiling::width, each = Tiling::each, stride = Tiling::threads_across * width;
#pragma unroll 2  // unrolling more would move more loads ahead than there are registers for
  for (int p = 0; p < Tiling::depth; ++p) {
    T column[each], row[each];  // of A, of B
#pragma unroll
    for (int g = 0; g < each / width; ++g) {
      const auto from_a = load<width>(&a[p][g * stride + place.row * width], 0);
      const auto from_b = load<width>(&b[p][g * stride + place.column * width], 0);
#pragma unroll
      for (int w = 0; w < width; ++w) {
        column[g * width + w] = from_a.values[w];
        row[g * width + w] = from_b.values[w];
      }
    }
#pragma unroll
    for (int i = 0; i < each; ++i)
#pragma unroll
      for (int j = 0; j < each; ++j) sum[i][j] += column[i] * row[j];
  }
}

template <class Tiling, class T, bool a_along_depth, bool b_along_depth>
__global__ void __launch_bounds__(Tiling::threads, Tiling::blocks)
    registers(Operand<T> a, Operand<T> b, Matrix<T> c, bool c_packs, Loop<3> batch, TileGrid grid) {
  alignas(16) __shared__ typename Tiling::Shared of_a[2], of_b[2];
  const auto tile = grid.here();
  const Offsets<3> at = batch(tile.matrix);
  c.data += at[0];
  a.data += at[1];
  b.data += at[2];
  const int64_t side = Tiling::side;
  const Place8x8<Tiling> place;
  Carrier<Tiling, T, a_along_depth> from_a(a, tile.row * side);
  Carrier<Tiling, T, b_along_depth> from_b(b, tile.column * side);
  T sum[Tiling::each][Tiling::each] = {};
  from_a.fetch(a.depth);
  from_b.fetch(a.depth);
  from_a.put(of_a[0]);
  from_b.put(of_b[0]);
  __syncthreads();
  int64_t left = a.depth - Tiling::depth;
  for (int buffer = 0;; buffer ^= 1, left -= Tiling::depth) {
    const bool more = left > 0;
    if (more) {
      from_a.fetch(left);
      from_b.fetch(left);
    }
    multiply<Tiling>(of_a[buffer], of_b[buffer], place, sum);
    if (!more) break;
    from_a.put(of_a[buffer ^ 1]);
    from_b.put(of_b[buffer ^ 1]);
    __syncthreads();
  }
  write<Tiling>(c, c_packs, tile.row * side, tile.column * side, place, sum);
}

// ---- A vector times a matrix that is contiguous along k -----------------------------------------

template <class T>
__global__ void dots(Batch<T> all, Divisor columns, Divisor rows, int64_t outputs) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for (int64_t number = global_thread() / kWarp; number < outputs; number += all_threads() / kWarp) {
    int64_t matrix = number;
    const int64_t j = columns.divide(matrix), i = rows.divide(matrix);
    const Product<T> one = all[matrix];
    T sum = 0;
    for (int64_t p = lane; p < one.a.columns; p += kWarp) sum += one.a(i, p) * one.b(p, j);
    sum = reduce_lanes<Add>(sum, kWarp);
    if (lane == 0) one.c(i, j) = sum;
  }
}

// ---- Launching ----------------------------------------------------------------------------------

template <class T>
void run_naive(const Batch<T>& all) {
  const int64_t outputs = all.outputs();
  launch<naive<T>>({blocks_for(outputs), kThreads}, all, Divisor(all.first.c.columns),
                   Divisor(all.first.c.rows), outputs);
}

template <class T>
void run_dots(const Batch<T>& all) {
  const int64_t outputs = all.outputs();
  launch<dots<T>>({blocks_for(outputs * kWarp), kThreads}, all, Divisor(all.first.c.columns),
                  Divisor(all.first.c.rows), outputs);
}

template <class T>
void run_tiles(const Batch<T>& all) {
  const TileGrid grid(all, kSide);
  launch<tiles<T>>({grid.blocks(), {kSide, kSide}}, all, grid);
}

template <class T, int side>
void run_registers(const Batch<T>& all) {
  using Tiling = Tiling<T, side>;
  run_8x8<Tiling>(all, []<bool a_way, bool b_way>(std::bool_constant<a_way>, std::bool_constant<b_way>,
                                                  const Grid& grid, const auto&... arguments) {
    launch<registers<Tiling, T, a_way, b_way>>(grid, arguments...);
  });
}

/// Large tiles use each number more often. They are taken if they are enough to fill a device.
template <class T>
void run_registers(const Batch<T>& all) {
  constexpr int64_t enough = 128;
  if (!has_unit_stride(all.first.a) || !has_unit_stride(all.first.b)) return run_tiles(all);
  if constexpr (sizeof(T) == 4)
    if (TileGrid(all, 128).tiles >= enough) return run_registers<T, 128>(all);
  run_registers<T, 64>(all);
}

template <class T>
void run_best(const Batch<T>& all) {
  const auto& [a, b, c] = all.first;
  const int64_t short_side = std::min(c.rows, c.columns), k = a.columns;
  if (short_side == 1 && k >= kWarp && a.column_stride == 1 && b.row_stride == 1) return run_dots(all);
  if (short_side == 1 || c.rows * c.columns * k <= 4096) return run_naive(all);
  if constexpr (std::floating_point<T>)
    if (short_side >= 32) return run_registers(all);
  run_tiles(all);
}

}  // namespace

void matmul_v1(const View& a, const View& b, const View& out) {
  for_numbers(a, b, out, []<class T>(const Batch<T>& all) { run_naive(all); });
}

void matmul_v2(const View& a, const View& b, const View& out) {
  for_numbers(a, b, out, []<class T>(const Batch<T>& all) { run_tiles(all); });
}

void matmul_v3(const View& a, const View& b, const View& out) {
  for_numbers(a, b, out, []<class T>(const Batch<T>& all) {
    if constexpr (std::floating_point<T>)
      run_registers(all);
    else
      no_kernel("matmul_v3", "cuda", kInt64);
  });
}

void matmul(const View& a, const View& b, const View& out) {
  for_numbers(a, b, out, []<class T>(const Batch<T>& all) { run_best(all); });
}

}  // namespace gradus::cuda
