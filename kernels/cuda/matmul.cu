// Matrix product C = A B, A (m, k), B (k, n), batched over leading dimensions. Transposed operands are read where
// they lie.
//
//   v1 naive      one thread, one output. 2k flops for 2k loads: 1/4 flop a byte (float32), and the thread waits for
//                 memory. Serves int64, products of a few thousand multiplications, and any strides.
//   v2 tiles      a block of 16 × 16 threads keeps tiles of A and B in shared memory: each number is loaded once and
//                 used by 16 threads. 4 flops a byte of global memory; but each FMA still needs two numbers from
//                 shared memory, 4 bytes each, which has 128 bytes a clock: 16 FMAs a clock at best. Serves matrices
//                 with a short side.
//   v3 registers  a thread keeps 8 × 8 outputs in registers. A step of k costs it 8 numbers of A and 8 of B for 64
//                 FMAs: four 16-byte loads from shared memory in float32, 16 FMAs for each; eight in float64, 8 for
//                 each. While a tile is multiplied the next one is already on its way from global memory, in
//                 registers; it is put into the other of two buffers, so that one barrier a tile is enough.
//
// matmul() takes v3 where both sides of C are long enough for its tiles, else v2 or v1; and for a vector along which
// the other operand lies, dots: a warp for each output.
//
// Coalescing: a warp's loads of a tile are 16 bytes a thread, side by side, in lines of 32 bytes (the least that
// memory delivers) where an operand lies along k, and of 256 or 512 where it lies along C's side. In shared memory 8
// threads read 128 bytes side by side, or all the same 16: no bank conflicts.
//
// sm_80 (ptxas -v), no spills:
//   v1  float32          40 registers                          6 blocks of 256 threads on a multiprocessor
//   v2  float32          32 registers    2,048 bytes shared    8 blocks of 256
//   v3  float32, 128²   124 registers   16,896 bytes shared    2 blocks of 256: a quarter of the threads it can hold
//   v3  float32,  64²   156 registers    8,704 bytes shared    6 blocks of  64
//   v3  float64,  64²   224 registers    8,704 bytes shared    4 blocks of  64
//
// What v3 should reach, by the roofline: a prediction, not measured. A 128² tile does 32 flops for each byte it
// loads, from caches mostly, since the blocks of a row of tiles share A's lines; the 64² tile in float64 does 8. A
// thread's 512 FMAs in a tile of k come with 32 loads from shared memory, 2 from global memory, up to 8 stores to
// shared memory, a barrier and some 20 instructions of counting: FMAs are 89 % of all. Few warps are enough to keep
// the multiplier busy, because a thread's 64 chains of FMAs do not wait for each other.
//   A100      19.5 Tflop/s, 12.5 flops a byte: an FMA takes the multipliers for two clocks, in which the other
//             instructions find room; shared memory is busy half the time. Bound by FMAs: 90 % or more. float64
//             likewise, of 9.7 Tflop/s.
//   RTX 4090  82.6 Tflop/s, 82 flops a byte: instructions are issued as fast as FMAs are done, and 16-byte loads of a
//             warp keep shared memory busy for up to 4 clocks, 16 a step, as long as the step's FMAs. At most 89 %,
//             and only as long as the second cache delivers the 2.6 TB/s that 32 flops a byte ask for.
#include <algorithm>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"
#include "kernels/cuda/reduce_lanes.h"

namespace gradus::cuda {
namespace {

/// One matrix: element (i, j) is at data[i·row + j·column].
template <class T>
struct Matrix {
  T* data;
  int64_t rows, columns, row, column;

  __device__ T& operator()(int64_t i, int64_t j) const { return data[i * row + j * column]; }
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

/// The first product of a batch, and where the others begin: c's offsets, a's, b's.
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

// ---- v1 naive ----------------------------------------------------------------------------------------------------

// Neighbouring threads have neighbouring columns: they read the same element of A, and B and C side by side.
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

// ---- v2 tiles ----------------------------------------------------------------------------------------------------

/// Of the tiles that cover C, and C's of the whole batch, which one a block works on.
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

// ---- v3 registers ------------------------------------------------------------------------------------------------

/// A tile of C has side × side elements, 8 × 8 for each of its threads; a step along k takes `depth` numbers of each
/// line.
template <class T, int tile_side>
struct Tiling {
  static constexpr int side = tile_side, each = 8;
  static constexpr int depth = 32 / sizeof(T);  // as many as memory delivers at once where they lie along k
  static constexpr int threads_across = side / each, threads = threads_across * threads_across;
  static constexpr int blocks = side == 128 ? 2 : sizeof(T) == 4 ? 6 : 4;  // on a multiprocessor
  static constexpr int width = pack_width<T>;                              // numbers in 16 bytes
  static constexpr int padded = side + 4;  // a row in shared memory: see Carrier::put

  using Shared = T[depth][padded];
};

/// A or B as v3 reads it: `side` goes along C's rows or columns, `depth` along k. In one of the two directions
/// elements lie side by side.
template <class T>
struct Operand {
  const T* data;
  int64_t side, depth, side_step, depth_step;
  bool packs;  // may they be loaded 16 bytes at a time?
};

/// A thread's share of an operand's tiles, which it carries one after another from global to shared memory.
/// `along_depth` is the direction in which its packs lie: that of k, or that of C's side.
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

  /// Loads the next tile, of whose depth `depth_left` are left; zeros beyond the operand's end.
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

  /// Shared memory has the side along its rows. A pack that lies along k is spread over `width` rows there; the padding
  /// puts the words that a warp writes at once into different banks.
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

  /// Where pack number c of this thread lies in the tile: neighbouring threads take neighbouring packs.
  struct Position {
    int side, depth;
  };
  static __device__ Position position(int c) {
    const int number = c * Tiling::threads + static_cast<int>(threadIdx.x);
    const int along = number % packs_a_line * width, line = number / packs_a_line;
    return along_depth ? Position{line, along} : Position{along, line};
  }

  const T* place_[count];
  int side_left_[count];  // elements of the side from there on, up to a pack
  int64_t tile_step_;
  bool packs_;
  Pack<T, width> carried_[count];
};

/// The thread's place among those of the tile. A warp is 4 × 8 threads, so that a load of its B is 8 packs side by
/// side, and one of its A four packs that 8 threads each share.
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
__device__ void multiply(const typename Tiling::Shared& a, const typename Tiling::Shared& b,
                         const Place8x8<Tiling>& place, T (&sum)[Tiling::each][Tiling::each]) {
  constexpr int width = Tiling::width, each = Tiling::each, stride = Tiling::threads_across * width;
#pragma unroll 2  // more would only move more loads ahead, into registers that there are not
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

// ---- a vector along which the other operand lies
// ------------------------------------------------------------------------

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

// ---- launching -----------------------------------------------------------------------------------------------------

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

/// True if elements lie side by side along rows or columns.
template <class T>
bool lies_together(const Matrix<T>& m) {
  return m.row == 1 || m.rows == 1 || m.column == 1 || m.columns == 1;
}

/// True if packs may be loaded: elements side by side, and every line, in every matrix of the batch, beginning where
/// a pack may begin.
template <class T>
bool has_packs(const T* data, int64_t step, int64_t lines, int64_t line_step, const Loop<3>& batch,
               int view) {
  bool packs = step == 1 && is_aligned(data, 16) && (lines == 1 || line_step % pack_width<T> == 0);
  for (int d = 0; d < batch.dim; ++d) packs = packs && batch.strides[d][view] % pack_width<T> == 0;
  return packs;
}

template <class T, int side>
void run_registers(const Batch<T>& all) {
  using Tiling = Tiling<T, side>;
  const auto& [a, b, c] = all.first;
  const Loop<3>& batch = all.offsets;
  const bool a_along_depth = a.row != 1 && a.rows != 1, b_along_depth = b.column != 1 && b.columns != 1;
  const Operand<T> left{a.data,
                        a.rows,
                        a.columns,
                        a.row,
                        a.column,
                        a_along_depth ? has_packs(a.data, a.column, a.rows, a.row, batch, 1)
                                      : has_packs(a.data, a.row, a.columns, a.column, batch, 1)};
  const Operand<T> right{b.data,
                         b.columns,
                         b.rows,
                         b.column,
                         b.row,
                         b_along_depth ? has_packs(b.data, b.row, b.columns, b.column, batch, 2)
                                       : has_packs(b.data, b.column, b.rows, b.row, batch, 2)};
  const bool c_packs = has_packs(c.data, c.column, c.rows, c.row, batch, 0);
  const TileGrid tile_grid(all, side);
  const Grid grid{tile_grid.blocks(), Tiling::threads};
  const auto run = [&]<bool a_way, bool b_way>(std::bool_constant<a_way>, std::bool_constant<b_way>) {
    launch<registers<Tiling, T, a_way, b_way>>(grid, left, right, c, c_packs, batch, tile_grid);
  };
  const std::true_type depth;
  const std::false_type along_side;
  if (a_along_depth)
    b_along_depth ? run(depth, depth) : run(depth, along_side);
  else
    b_along_depth ? run(along_side, depth) : run(along_side, along_side);
}

/// Large tiles where they are enough to fill a device, for each of their numbers is used more often.
template <class T>
void run_registers(const Batch<T>& all) {
  constexpr int64_t enough = 128;
  if (!lies_together(all.first.a) || !lies_together(all.first.b)) return run_tiles(all);
  if constexpr (sizeof(T) == 4)
    if (TileGrid(all, 128).tiles >= enough) return run_registers<T, 128>(all);
  run_registers<T, 64>(all);
}

template <class T>
void run_best(const Batch<T>& all) {
  const auto& [a, b, c] = all.first;
  const int64_t short_side = std::min(c.rows, c.columns), k = a.columns;
  if (short_side == 1 && k >= kWarp && a.column == 1 && b.row == 1) return run_dots(all);
  if (short_side == 1 || c.rows * c.columns * k <= 4096) return run_naive(all);
  if constexpr (std::floating_point<T>)
    if (short_side >= 32) return run_registers(all);
  run_tiles(all);
}

/// Calls run(batch) if there is anything to do.
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
