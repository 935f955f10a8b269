// v4 of the ladder of matmul.cu: asynchronous copies from global to shared memory.
//
// In v3 a number on its way to shared memory passes through a register of the thread that carries
// it: a load, a wait for the load, a store. cp.async (async_copy.h) is one instruction, which needs no
// register for the number. So a thread can have several tiles under way. Three buffers take turns:
//
//     tile     t        t + 1       t + 2
//     is       used     arriving    begun, where tile t - 1 was
//
// In each round a thread waits for its own copies of tile t, and then at a barrier for the copies of
// all other threads. After this barrier no thread needs tile t - 1. So one barrier a tile is enough, as in
// v3, and a tile is twice as deep: 64 bytes along k.
//
// cp.async moves 16 bytes as they are, so it cannot transpose. An operand that is contiguous along k
// stays so in shared memory: a line of the tile is 64 bytes along k. A thread then loads 4 numbers of
// one line (2 in float64), for four steps of k, where v3 loads one step of 4 lines. Neighbouring
// threads load lines that are 256 bytes apart, and those would be in the same banks. So the packs are
// swizzled: the last three bits of a pack's number are changed by an exclusive or with the number of
// its group of lines. Then eight neighbouring threads load from eight different groups of banks.
//
// v4 adds the same products in the same order as v3, so the results are equal bit for bit.
//
// sm_80 (ptxas -v), no spills; the least and the most of the four ways in which A and B can run:
//   float32, 128²  115 to 128 registers   49,152 bytes shared    2 blocks of 256 threads on a multiprocessor
//   float32,  64²  126 to 145 registers   24,576 bytes shared    6 blocks of  64
//   float64, 128²  209 to 214 registers   49,152 bytes shared    1 block  of 256
//   float64,  64²  208 to 214 registers   24,576 bytes shared    4 blocks of  64
#include "kernels/cuda/async_copy.h"
#include "kernels/cuda/products.h"

namespace gradus::cuda {
namespace {

/// A tile of C has side × side elements, 8 × 8 for each of its threads. A step along k takes `depth`
/// numbers of each line.
template <class T, int tile_side>
struct Pipeline {
  static constexpr int side = tile_side, each = 8;
  static constexpr int depth = 64 / sizeof(T);
  static constexpr int threads_across = side / each, threads = threads_across * threads_across;
  static constexpr int blocks = side == 128 ? (sizeof(T) == 4 ? 2 : 1) : sizeof(T) == 4 ? 6 : 4;
  static constexpr int width = pack_width<T>;  // numbers in 16 bytes
  static constexpr int buffers = 3;

  /// The tile of an operand in shared memory.
  using Tile = T[side * depth];
};

/// The place in a tile of the pack that begins at this line and at this depth.
template <class Pipeline, bool along_depth>
__device__ int place_in_tile(int line, int depth) {
  if (!along_depth) return depth * Pipeline::side + line;
  constexpr int width = Pipeline::width, packs_a_line = Pipeline::depth / width;
  static_assert(2 * packs_a_line == 8);
  const int pack = line % 2 * packs_a_line + depth / width;  // among the 8 of two lines
  return (line / 2 * 8 + (pack ^ (line / width % 8))) * width;
}

/// A thread's share of the copies of an operand's tiles. Its packs run along k if `along_depth` is
/// true, else along C's side. It keeps little in registers, which the sums need: the steps between its
/// packs are computed from the kernel's arguments.
template <class Pipeline, class T, bool along_depth>
class Copier {
 public:
  /// For the tiles whose lines begin at first_side, of the matrix of a batch that begins at `offset`.
  __device__ Copier(const Operand<T>& from, int64_t offset, int64_t first_side) {
    const auto [line, depth] = first_pack();
    const int64_t first = first_side + line, left = from.side - first;
    from_ = from.data + offset + first * from.side_step + depth * from.depth_step;
    side_left_ = static_cast<int>(left < Pipeline::side ? left : Pipeline::side);
  }

  /// Begins to copy the next tile. The operand has `depth_left` elements left along k. Beyond its end
  /// there are zeros.
  __device__ void begin(const Operand<T>& from, T* tile, int64_t depth_left) {
    constexpr int size = sizeof(T);
    const int depths = static_cast<int>(depth_left < Pipeline::depth ? depth_left : Pipeline::depth);
#pragma unroll
    for (int c = 0; c < count; ++c) {
      auto [line, depth] = first_pack();
      (along_depth ? line : depth) += c * apart;
      const int side = side_left_ - (along_depth ? c * apart : 0), left = depths - depth;
      const int valid = side <= 0 || left <= 0 ? 0 : min(along_depth ? left : side, width);
      const T* pack = from_ + c * apart * (along_depth ? from.side_step : from.depth_step);
      if (valid == 0) pack = from.data;  // an address must be aligned even if nothing is read there
      T* to = tile + place_in_tile<Pipeline, along_depth>(line, depth);
      if (from.packs) {
        copy_async<width * size>(to, pack, valid * size);
      } else {
#pragma unroll
        for (int w = 0; w < width; ++w) copy_async<size>(to + w, pack + w, w < valid ? size : 0);
      }
    }
    from_ += Pipeline::depth * from.depth_step;
  }

 private:
  static constexpr int width = Pipeline::width,
                       packs_a_line = (along_depth ? Pipeline::depth : Pipeline::side) / width;
  static constexpr int count = Pipeline::side * Pipeline::depth / width / Pipeline::threads;
  static constexpr int apart = Pipeline::threads / packs_a_line;  // lines or depths between a thread's packs

  /// The position in the tile of this thread's first pack.
  struct Position {
    int line, depth;
  };
  static __device__ Position first_pack() {
    const int number = static_cast<int>(threadIdx.x);
    const int along = number % packs_a_line * width, across = number / packs_a_line;
    return along_depth ? Position{across, along} : Position{along, across};
  }

  const T* from_;
  int side_left_;  // elements of the side from the first pack on
};

/// A thread's line number i of the tile. `place` is its row or column of threads.
template <class Pipeline>
__device__ int line_of(int place, int i) {
  constexpr int width = Pipeline::width, stride = Pipeline::threads_across * width;
  return i / width * stride + place * width + i % width;
}

/// A thread's line number i, for `steps` steps of k from `depth` on, of an operand along k. This is
/// place_in_tile, with what is known of line_of: the thread's groups of lines have one number mod 8.
template <class Pipeline, int steps, class T>
__device__ auto load_line(const T* tile, int place, int i, int depth) {
  constexpr int width = Pipeline::width, packs_a_line = Pipeline::depth / width;
  static_assert(Pipeline::threads_across % 8 == 0);
  const int pack = (i % 2 * packs_a_line + depth / width) ^ (place % 8);
  const T* two_lines = tile + line_of<Pipeline>(place, i - i % 2) * Pipeline::depth;
  return load<steps>(two_lines + pack * width + depth % width, 0);
}

/// All lines of a thread, for `steps` steps of k from `depth` on.
template <class Pipeline, bool along_depth, int steps, class T>
__device__ void load_lines(const T* tile, int place, int depth, T (&lines)[steps][Pipeline::each]) {
  constexpr int width = Pipeline::width, each = Pipeline::each;
  if constexpr (along_depth) {
#pragma unroll
    for (int i = 0; i < each; ++i) {
      const auto line = load_line<Pipeline, steps>(tile, place, i, depth);
#pragma unroll
      for (int w = 0; w < steps; ++w) lines[w][i] = line.values[w];
    }
  } else {
#pragma unroll
    for (int w = 0; w < steps; ++w)
#pragma unroll
      for (int i = 0; i < each; i += width) {
        const int line = line_of<Pipeline>(place, i);
        const auto pack = load<width>(tile + place_in_tile<Pipeline, false>(line, depth + w), 0);
#pragma unroll
        for (int v = 0; v < width; ++v) lines[w][i + v] = pack.values[v];
      }
  }
}

/// A thread holds a few steps of all lines of one operand in registers, and goes through the lines of
/// the other. That one is along k if any is. If only one is, float32 has registers for two steps only.
template <class Pipeline, bool a_along_depth, bool b_along_depth, class T>
__device__ void multiply(const T* a, const T* b, const Place8x8<Pipeline>& place,
                         T (&sum)[Pipeline::each][Pipeline::each]) {
  constexpr int each = Pipeline::each, steps = a_along_depth == b_along_depth ? Pipeline::width : 2;
#pragma unroll 1  // unrolling would move more loads ahead than there are registers for
  for (int depth = 0; depth < Pipeline::depth; depth += steps) {
    T held[steps][each];
    if constexpr (a_along_depth) {
      load_lines<Pipeline, b_along_depth>(b, place.column, depth, held);
#pragma unroll
      for (int i = 0; i < each; ++i) {
        const auto line = load_line<Pipeline, steps>(a, place.row, i, depth);
#pragma unroll
        for (int w = 0; w < steps; ++w)
#pragma unroll
          for (int j = 0; j < each; ++j) sum[i][j] += line.values[w] * held[w][j];
      }
    } else if constexpr (b_along_depth) {
      load_lines<Pipeline, false>(a, place.row, depth, held);
#pragma unroll
      for (int j = 0; j < each; ++j) {
        const auto line = load_line<Pipeline, steps>(b, place.column, j, depth);
#pragma unroll
        for (int w = 0; w < steps; ++w)
#pragma unroll
          for (int i = 0; i < each; ++i) sum[i][j] += held[w][i] * line.values[w];
      }
    } else {
      T columns[steps][each];
      load_lines<Pipeline, false>(a, place.row, depth, columns);
      load_lines<Pipeline, false>(b, place.column, depth, held);
#pragma unroll
      for (int w = 0; w < steps; ++w)
#pragma unroll
        for (int i = 0; i < each; ++i)
#pragma unroll
          for (int j = 0; j < each; ++j) sum[i][j] += columns[w][i] * held[w][j];
    }
  }
}

template <class Pipeline, class T, bool a_along_depth, bool b_along_depth>
__global__ void __launch_bounds__(Pipeline::threads, Pipeline::blocks)
    pipelined(Operand<T> a, Operand<T> b, Matrix<T> c, bool c_packs, Loop<3> batch, TileGrid grid) {
  alignas(16) __shared__ typename Pipeline::Tile of_a[Pipeline::buffers], of_b[Pipeline::buffers];
  const auto tile = grid.here();
  const Offsets<3> at = batch(tile.matrix);
  c.data += at[0];
  const int64_t side = Pipeline::side;
  const Place8x8<Pipeline> place;
  Copier<Pipeline, T, a_along_depth> from_a(a, at[1], tile.row * side);
  Copier<Pipeline, T, b_along_depth> from_b(b, at[2], tile.column * side);
  T sum[Pipeline::each][Pipeline::each] = {};
  int64_t left = a.depth;  // along k, for which no copy has begun
  const auto begin_tile = [&](int buffer) {
    if (left > 0) {
      from_a.begin(a, of_a[buffer], left);
      from_b.begin(b, of_b[buffer], left);
    }
    left -= Pipeline::depth;
    commit_copies();  // a group for each tile, also where there is none, so that they can be counted
  };
  constexpr int ahead = Pipeline::buffers - 1;
  for (int buffer = 0; buffer < ahead; ++buffer) begin_tile(buffer);
  for (int buffer = 0; left > -ahead * Pipeline::depth; buffer = buffer == ahead ? 0 : buffer + 1) {
    wait_for_copies<ahead - 1>();
    __syncthreads();
    begin_tile(buffer == 0 ? ahead : buffer - 1);  // where the last tile was
    multiply<Pipeline, a_along_depth, b_along_depth>(of_a[buffer], of_b[buffer], place, sum);
  }
  write<Pipeline>(c, c_packs, tile.row * side, tile.column * side, place, sum);
}

template <class T, int side>
void run_pipelined(const Batch<T>& all) {
  using Pipeline = Pipeline<T, side>;
  run_8x8<Pipeline>(all, []<bool a_way, bool b_way>(std::bool_constant<a_way>, std::bool_constant<b_way>,
                                                    const Grid& grid, const auto&... arguments) {
    launch<pipelined<Pipeline, T, a_way, b_way>>(grid, arguments...);
  });
}

}  // namespace

void matmul_v4(const View& a, const View& b, const View& out) {
  for_numbers(a, b, out, [&]<class T>(const Batch<T>& all) {
    if constexpr (std::floating_point<T>) {
      constexpr int64_t enough = 128;  // tiles to fill a device
      if (!has_unit_stride(all.first.a) || !has_unit_stride(all.first.b)) return matmul_v2(a, b, out);
      if (TileGrid(all, 128).tiles >= enough) return run_pipelined<T, 128>(all);
      run_pipelined<T, 64>(all);
    } else {
      no_kernel("matmul_v4", "cuda", kInt64);
    }
  });
}

}  // namespace gradus::cuda
