// Reductions: sum, sum of squares, prod, max, min, all and any over any set of dimensions.
//
//   v1 chain     One thread computes one output by a chain as long as the range. A sum over everything
//                uses a single thread.
//   v2 block     A block computes one output. Each thread reduces a part of the range. The parts are
//                combined by halves in shared memory, with a barrier for each halving.
//   v3 shuffles  A warp combines values from register to register. Shared memory and barriers are
//                needed only between warps. The number of threads for an output grows with the range:
//                1 to 32 up to 1,024 elements, then a block of 256.
//   v4 grid      If the outputs are too few to fill the device, each range is cut into chunks, and a
//                block reduces each chunk. The same kernels then reduce the chunks' results. There are
//                no atomics, so the digits are the same in each run.
//
// reduce() is v4. reduce_step() is any of them. Two arrangements read memory in order, as on the CPU:
//
//   rows      the innermost dimension is reduced. Neighbouring threads read neighbouring elements of
//             one output's range.
//   columns   the innermost dimension is kept. Neighbouring threads compute neighbouring outputs, and
//             the rows of the block share a range.
//
// In both, the loads of a warp coalesce. If a range is contiguous, the row kernel loads 16 bytes
// at a time.
//
// Accuracy: a thread sums chains of 32 elements, and then the results of at most 32 chains. Lanes,
// warps and chunks are combined by halves. So the rounding error of a sum is that of about 32 + 32
// + log₂ n additions.
//
// sm_80 (ptxas -v): no spills. Rows in float32 take 42 registers and 128 bytes of shared memory
// (256 in float64): 5 blocks of 256 threads on a multiprocessor, 63 % of what it can hold. With any
// strides they take 50 registers: 4 blocks. Columns take 40 registers and 1,024 bytes: 6 blocks.
// any and all keep 16 bytes in local memory, the 16 elements of a load.
//
// Bytes and flops: 4 bytes and one addition for each element of float32. The roofline predicts (not
// measured) that memory allows 389 · 10⁹ elements a second on an A100 (1,555 GB/s) and 252 · 10⁹ on
// an RTX 4090 (1,008 GB/s).
#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/loops.h"
#include "kernels/cuda/reduce_lanes.h"
#include "kernels/cuda/workspace.h"

namespace gradus::cuda {
namespace {

constexpr int kChain = 32;       // additions in a chain
constexpr int64_t kFill = 1024;  // blocks that fill a device

int64_t power_of_two(int64_t n) { return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(n))); }

/// What both arrangements need. Each output's range of n elements is cut into chunks, and each
/// chunk is a job.
struct Plan {
  Loop<2> outputs;  // x's offsets, then out's
  Loop<1> range;    // x's offsets within the range
  int64_t n, chunk;
  Divisor chunks;
  int64_t chunk_step;  // distance in out between the results of two chunks
  int64_t jobs;        // rows: outputs × chunks; columns: tiles of outputs × chunks
};

/// Reduces the elements i = begin, begin + step, … below end, in two levels of chains. add(i, part)
/// combines element i into the `width` accumulators `part`.
template <class Combine, int width, class T, class Accumulate>
__device__ T chains(int64_t begin, int64_t end, int64_t step, const Accumulate& add) {
  T total = Combine::template identity<T>;
  for (int64_t i = begin; i < end;) {
    T part[width];
#pragma unroll
    for (int w = 0; w < width; ++w) part[w] = Combine::template identity<T>;
    const int64_t stop = end - i > kChain * step ? i + kChain * step : end;
#pragma unroll 4
    for (; i < stop; i += step) add(i, part);
#pragma unroll
    for (int half = width / 2; half > 0; half /= 2)
#pragma unroll
      for (int w = 0; w < half; ++w) part[w] = Combine{}.value(part[w], part[w + half]);
    total = Combine{}.value(total, part[0]);
  }
  return total;
}

// ---- Rows ---------------------------------------------------------------------------------------

/// `width` is 1 for any strides, and fills 16 bytes for contiguous ranges.
template <class Combine, class Term, int width, class T>
__global__ void rows(Plan plan, int lanes, const T* x, T* out) {
  const int groups = static_cast<int>(blockDim.x) / lanes, lane = static_cast<int>(threadIdx.x) % lanes;
  const int64_t step = int64_t{gridDim.x} * groups;
  for (int64_t first = int64_t{blockIdx.x} * groups; first < plan.jobs; first += step) {
    const int64_t job = first + threadIdx.x / lanes;
    int64_t output = job;
    const int64_t chunk = plan.chunks.divide(output), begin = chunk * plan.chunk;
    T result = Combine::template identity<T>;
    Offsets<2> at{};
    if (job < plan.jobs) {
      const int64_t end = begin + plan.chunk < plan.n ? begin + plan.chunk : plan.n, packs = end / width;
      at = plan.outputs(output);
      const T* range = x + at[0];
      result = chains<Combine, width, T>(begin / width + lane, packs, lanes, [&](int64_t i, T* part) {
        if constexpr (width == 1) {
          part[0] = Combine{}.value(part[0], Term{}.value(range[plan.range(i)[0]]));
        } else {
          const Pack<T, width> pack = load<width>(range, i);
#pragma unroll
          for (int w = 0; w < width; ++w) part[w] = Combine{}.value(part[w], Term{}.value(pack.values[w]));
        }
      });
      if constexpr (width > 1)  // the elements after the last pack
        for (int64_t i = packs * width + lane; i < end; i += lanes)
          result = Combine{}.value(result, Term{}.value(range[i]));
    }
    result = reduce_lanes<Combine>(result, lanes);
    if (job < plan.jobs && lane == 0) out[at[1] + chunk * plan.chunk_step] = result;
  }
}

// ---- Columns ------------------------------------------------------------------------------------

template <class Combine, class Term, class T>
__global__ void columns(Plan plan, const T* x, T* out) {
  __shared__ T of_row[kThreads];
  const int width = static_cast<int>(blockDim.x), depth = static_cast<int>(blockDim.y);
  const int column = static_cast<int>(threadIdx.x), row = static_cast<int>(threadIdx.y);
  for (int64_t job = blockIdx.x; job < plan.jobs; job += gridDim.x) {
    int64_t tile = job;
    const int64_t chunk = plan.chunks.divide(tile), begin = chunk * plan.chunk;
    const int64_t end = begin + plan.chunk < plan.n ? begin + plan.chunk : plan.n;
    const int64_t output = tile * width + column;
    T result = Combine::template identity<T>;
    Offsets<2> at{};
    if (output < plan.outputs.count) {
      at = plan.outputs(output);
      result = chains<Combine, 1, T>(begin + row, end, depth, [&](int64_t i, T* part) {
        part[0] = Combine{}.value(part[0], Term{}.value(x[at[0] + plan.range(i)[0]]));
      });
    }
    if (depth > 1) {
      of_row[row * width + column] = result;
      for (int half = depth / 2; half > 0; half /= 2) {
        __syncthreads();
        if (row < half)
          of_row[row * width + column] = result =
              Combine{}.value(result, of_row[(row + half) * width + column]);
      }
      __syncthreads();  // the next job overwrites what other threads still read
    }
    if (row == 0 && output < plan.outputs.count) out[at[1] + chunk * plan.chunk_step] = result;
  }
}

// ---- The choice of arrangement, threads and chunks ----------------------------------------------

int64_t innermost_step(const MergedLoops<1>& loops) { return std::abs(loops.strides[loops.dim - 1][0]); }

/// x's dimensions, split into reduced and kept ones. The kept ones start with a dimension of size
/// 1. It becomes the dimension of the chunks.
struct Sorted {
  View range, kept_x, kept_out;

  Sorted(const View& x, const View& out) : range(x), kept_x(x), kept_out(out) {
    range.dim = kept_x.dim = kept_out.dim = 0;
    push(kept_x, 1, 0);
    push(kept_out, 1, 0);
    for (int d = 0; d < x.dim; ++d) {
      if (x.sizes[d] == 1) continue;
      if (out.sizes[d] == 1) {
        push(range, x.sizes[d], x.strides[d]);
      } else {
        push(kept_x, x.sizes[d], x.strides[d]);
        push(kept_out, out.sizes[d], out.strides[d]);
      }
    }
  }

  bool by_rows() const {
    const MergedLoops<1> reduced(range), kept(kept_x);
    return kept.dim == 0 || innermost_step(reduced) < innermost_step(kept);
  }

 private:
  static void push(View& view, int64_t size, int64_t stride) {
    view.sizes[view.dim] = size;
    view.strides[view.dim++] = stride;
  }
};

/// The number of chunks: one if `blocks` fill the device already, else enough to fill it, with at
/// least `least` elements in each. In any case no chunk has more than kChain · `least` elements.
int64_t chunks_for(int64_t n, int64_t blocks, int64_t least) {
  return std::max(divide_up(n, kChain * least), std::min(divide_up(n, least), divide_up(kFill, blocks)));
}

template <class Combine, class Term, class T>
void reduce_view(const View& x, const View& out, ReduceStep step);

/// Calls run(out, chunks) for about the given number of chunks, and reduces their results.
template <class Combine, class T, class Run>
void run_chunks(Plan& plan, int64_t chunks, const Sorted& dims, const Run& run) {
  constexpr int64_t whole = 1024;  // chunks begin at multiples of it, so packs stay aligned
  plan.chunk = chunks == 1 ? plan.n : divide_up(divide_up(plan.n, chunks), whole) * whole;
  chunks = divide_up(plan.n, plan.chunk);
  plan.chunks = Divisor(chunks);
  plan.chunk_step = plan.outputs.count;
  if (chunks == 1) return run(dims.kept_out.as<T>(), chunks);
  const Workspace workspace(chunks * plan.outputs.count * int64_t{sizeof(T)});
  View partial = dims.kept_out;
  partial.data = workspace.data();
  partial.set_contiguous_strides();
  plan.outputs = Loop<2>(MergedLoops<2>(dims.kept_x, partial));
  run(partial.as<T>(), chunks);
  partial.sizes[0] = chunks;
  reduce_view<Combine, Identity, T>(partial, dims.kept_out, ReduceStep::grid);
}

template <class Combine, class Term, class T>
void reduce_by_rows(Plan& plan, const Sorted& dims, ReduceStep step) {
  constexpr int width = pack_width<T>;
  const T* x = dims.range.as<const T>();
  const int64_t n = plan.n;
  const bool one_chunk = n <= 1024 || step != ReduceStep::grid;
  const int64_t chunks = one_chunk ? 1 : chunks_for(n, plan.outputs.count, kThreads * kChain);
  bool packs = plan.range.dim == 1 && n >= width && is_aligned(x, 16);
  const MergedLoops<1> range(dims.range), kept(dims.kept_x);
  packs = packs && range.strides[0][0] == 1;
  for (int d = 0; d < kept.dim; ++d) packs = packs && kept.strides[d][0] % width == 0;
  const int lanes = step == ReduceStep::chain ? 1
                    : n <= 1024 ? static_cast<int>(std::min<int64_t>(32, power_of_two(divide_up(n, 8))))
                                : kThreads;
  run_chunks<Combine, T>(plan, chunks, dims, [&](T* out, int64_t parts) {
    plan.jobs = plan.outputs.count * parts;
    const int64_t threads =
        std::clamp<int64_t>(power_of_two(std::min<int64_t>(plan.jobs, kThreads) * lanes), 32, kThreads);
    const Grid grid{blocks_for_jobs(divide_up(plan.jobs, threads / lanes)), static_cast<unsigned>(threads)};
    if (packs)
      launch<rows<Combine, Term, width, T>>(grid, plan, lanes, x, out);
    else
      launch<rows<Combine, Term, 1, T>>(grid, plan, lanes, x, out);
  });
}

template <class Combine, class Term, class T>
void reduce_by_columns(Plan& plan, const Sorted& dims, ReduceStep step) {
  const int64_t outputs = power_of_two(plan.outputs.count), n = plan.n;
  int64_t depth = std::clamp<int64_t>(power_of_two(n) / 16, 1, kThreads / std::min<int64_t>(outputs, 32));
  if (step == ReduceStep::block) depth = kThreads;
  const int64_t width = std::min(kThreads / depth, std::max(outputs, 32 / depth));
  const int64_t tiles = divide_up(plan.outputs.count, width);
  const int64_t chunks = step == ReduceStep::grid ? chunks_for(n, tiles, depth * kChain) : 1;
  run_chunks<Combine, T>(plan, chunks, dims, [&](T* out, int64_t parts) {
    plan.jobs = tiles * parts;
    const Grid grid{blocks_for_jobs(plan.jobs), {static_cast<unsigned>(width), static_cast<unsigned>(depth)}};
    launch<columns<Combine, Term, T>>(grid, plan, dims.range.as<const T>(), out);
  });
}

template <class Combine, class Term, class T>
void reduce_view(const View& x, const View& out, ReduceStep step) {
  if (out.numel() == 0) return;
  if (x.numel() == 0) return fill(Combine::template identity<T>, out);
  const Sorted dims(x, out);
  if (dims.range.dim == 0) {  // nothing to combine
    if constexpr (std::same_as<Term, Identity>)
      return copy(x, out);
    else
      return unary(Term{}, x, out);
  }
  Plan plan;
  plan.range = Loop<1>(MergedLoops<1>(dims.range));
  plan.n = plan.range.count;
  plan.outputs = Loop<2>(MergedLoops<2>(dims.kept_x, dims.kept_out));
  // v1 is the row kernel with one thread for each output, v2 the column kernel with a block for each.
  if (step == ReduceStep::grid ? dims.by_rows() : step != ReduceStep::block)
    reduce_by_rows<Combine, Term, T>(plan, dims, step);
  else
    reduce_by_columns<Combine, Term, T>(plan, dims, step);
}

using ReduceKernel = void (*)(const View&, const View&, ReduceStep);

template <class F, class T>
constexpr ReduceKernel kernel_of() {
  if constexpr (F::template takes<T>)
    return reduce_view<typename F::Combine, typename F::Term, T>;
  else
    return nullptr;
}

/// The kernels of one reduction, by dtype.
using KernelRow = std::array<ReduceKernel, kComputedDtypes>;

template <class... F>
constexpr std::array<KernelRow, sizeof...(F)> kernels_of(formulas::List<F...>) {
  return {KernelRow{kernel_of<F, float>(), kernel_of<F, double>(), kernel_of<F, int64_t>(),
                    kernel_of<F, bool>()}...};
}
constexpr auto reduce_kernels = kernels_of(formulas::Reductions{});

}  // namespace

void reduce_step(ReduceStep step, Reduction f, const View& x, const View& out) {
  const ReduceKernel kernel =
      is_small_integer(x.dtype) ? nullptr : reduce_kernels[f.place][static_cast<size_t>(x.dtype)];
  if (!kernel) no_kernel(f.name, "cuda", x.dtype);
  kernel(x, out, step);
}

void reduce(Reduction f, const View& x, const View& out) { reduce_step(ReduceStep::grid, f, x, out); }

}  // namespace gradus::cuda
