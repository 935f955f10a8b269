// One result per line, or one running total: argmax, argmin and cumsum along any dimension.
//
//   v1 thread  One thread takes one line. If lines are interleaved, as along the first dimension of a
//              matrix, neighbouring threads read neighbouring elements. With enough lines nothing is
//              faster.
//   v2 lanes   If a line is contiguous, 2 to 256 neighbouring threads share it, and again read
//              neighbouring elements. argmax combines their results by shuffles, and between warps in
//              shared memory.
//   v3 grid    If the lines are too few to fill the device, they are cut into chunks, with a block for
//              each. For argmax the same kernel then reduces the chunks' winners. For cumsum see scan.h.
//
// argmax reads each element once and compares once, so it waits only for memory. cumsum writes each
// element once and reads it once, or twice if lines are cut into chunks.
//
// Accuracy: cumsum adds up float32 in float64, as on the CPU, so that every element is rounded once.
//
// sm_80 (ptxas -v): no spills. argmax has 36 to 40 registers and 96 to 128 bytes of shared memory:
// 6 blocks of 256 threads on a multiprocessor, three quarters of what it can hold. cumsum has 28 to
// 32 and 64: 8 blocks, all of it. The short scan of the chunks' totals has 35 to 40.
//
// Bytes: 4 for each element of a float32 argmax; 8 for cumsum, or 12 in chunks. The roofline predicts
// (not measured) that memory allows 389, 194 and 130 · 10⁹ elements a second on an A100 (1,555 GB/s);
// 252, 126 and 84 · 10⁹ on an RTX 4090 (1,008 GB/s). But a scan makes 8 additions in float64 for each
// element. An RTX 4090 makes 640 · 10⁹ of these a second, which is enough for 80 · 10⁹ elements.
#include <concepts>

#include "kernels/cuda/cuda_kernels.h"
#include "kernels/cuda/lines.h"
#include "kernels/cuda/scan.h"
#include "kernels/cuda/workspace.h"

namespace gradus::cuda {
namespace {

// ---- argmax, argmin -----------------------------------------------------------------------------

/// The best of the values that a group of neighbouring threads found: a part of a warp, or
/// the whole block.
template <class Best, class T>
__device__ Found<T> best_of_lanes(Found<T> mine, int lanes) {
  mine = best_of_warp<Best>(mine, min(lanes, kWarp));
  if (lanes <= kWarp) return mine;
  __shared__ T values[kThreads / kWarp];
  __shared__ int64_t indices[kThreads / kWarp];
  __syncthreads();  // all have read the results of the last call
  if (threadIdx.x % kWarp == 0) {
    values[threadIdx.x / kWarp] = mine.value;
    indices[threadIdx.x / kWarp] = mine.index;
  }
  __syncthreads();
  for (int w = 0; w < lanes / kWarp; ++w) mine = better<Best>(mine, {values[w], indices[w]});
  return mine;
}

/// Candidate i of a line is element i or, if the winners of chunks are given, the winner of chunk i.
struct Candidates {
  const int64_t* winners;
  int64_t chunks;
  __device__ int64_t operator()(int64_t line, int64_t i) const {
    return winners ? winners[line * chunks + i] : i;
  }
};

/// winners[line][chunk] = the index of the best of a line's n candidates in the chunk. With a
/// single chunk the index goes to `out`.
template <class Best, class T>
__global__ void find_best(Lines<2> lines, Candidates candidates, int64_t n, int64_t chunk, Divisor chunks,
                          int64_t jobs, int lanes, const T* x, int64_t* winners, int64_t* out) {
  const int groups = static_cast<int>(blockDim.x) / lanes, lane = static_cast<int>(threadIdx.x) % lanes;
  for (int64_t first = int64_t{blockIdx.x} * groups; first < jobs; first += int64_t{gridDim.x} * groups) {
    const int64_t job = first + threadIdx.x / lanes;
    int64_t line = job < jobs ? job : 0;  // threads without a job take part in the exchange
    const int64_t begin = chunks.divide(line) * chunk, end = job < jobs ? min(begin + chunk, n) : 0;
    const auto at = lines.starts(line);
    Found<T> best{Best::template identity<T>, kNowhere};
    for (int64_t i = begin + lane; i < end; i += lanes) {
      const int64_t index = candidates(line, i);
      best = better<Best>(best, {x[at[1] + index * lines.steps[1]], index});
    }
    best = best_of_lanes<Best>(best, lanes);
    if (job < jobs && lane == 0) *(winners ? winners + job : out + at[0]) = best.index;
  }
}

template <class Best, class T>
void find_best_of(const Lines<2>& lines, Candidates candidates, int64_t n, const T* x, int64_t* out) {
  constexpr int64_t fill = 1024, least = 16 * kThreads;  // blocks that fill a device; elements worth a block
  const int64_t count = lines.starts.count;
  const bool interleaved = lines_are_interleaved(lines, 1) && count >= fill;
  const int64_t wanted = std::clamp<int64_t>(divide_up(n, least), 1, divide_up(fill, count));
  const int64_t chunk = divide_up(n, wanted), chunks = divide_up(n, chunk), jobs = count * chunks;
  const int lanes = interleaved ? 1 : power_of_two(divide_up(chunk, 4), 1, kThreads);
  const int threads = std::max(lanes, power_of_two(jobs * std::min<int64_t>(lanes, kWarp), kWarp, 128));
  const int64_t blocks = divide_up(jobs, lanes > kWarp ? 1 : threads / lanes);
  const auto run = [&](int64_t* winners) {
    launch<find_best<Best, T>>(
        {blocks_for_jobs(blocks), static_cast<unsigned>(lanes > kWarp ? lanes : threads)}, lines, candidates,
        n, chunk, Divisor(chunks), jobs, lanes, x, winners, out);
  };
  if (chunks == 1) return run(nullptr);
  const Workspace winners(jobs * int64_t{sizeof(int64_t)});
  run(static_cast<int64_t*>(winners.data()));
  find_best_of<Best>(lines, {static_cast<const int64_t*>(winners.data()), chunks}, chunks, x, out);
}

template <class Best>
void arg_best(const char* name, const View& x, int dim, const View& out) {
  if (x.dtype == kBool) no_kernel(name, "cuda", x.dtype);
  if (out.numel() == 0) return;
  if (x.numel() == 0)
    fail(name, ": dimension ", dim, " of the shape ", ShapeText{x.shape()},
         " is empty, so there is no element to choose");
  visit_dtype(x.dtype, [&]<class T>(T) {
    if constexpr (!std::same_as<T, bool>) {
      const Lines<2> lines = lines_along(dim, out, x);
      find_best_of<Best, T>(lines, {nullptr, 1}, lines.n, x.as<const T>(), out.as<int64_t>());
    }
  });
}

}  // namespace

void argmax(const View& x, int dim, const View& out) { arg_best<Maximum>("argmax", x, dim, out); }
void argmin(const View& x, int dim, const View& out) { arg_best<Minimum>("argmin", x, dim, out); }

// ---- cumsum -------------------------------------------------------------------------------------

namespace {

template <class T>
using Total = std::conditional_t<std::same_as<T, float>, double, T>;

/// Element i of a line of x, and of out.
template <class T>
struct ElementOfX {
  Lines<2> lines;
  const T* x;
  __device__ Total<T> operator()(int64_t line, int64_t i) const {
    return static_cast<Total<T>>(x[lines.starts(line)[1] + i * lines.steps[1]]);
  }
};
template <class T>
struct ElementOfOut {
  Lines<2> lines;
  T* out;
  __device__ void operator()(int64_t line, int64_t i, Total<T> sum) const {
    out[lines.starts(line)[0] + i * lines.steps[0]] = static_cast<T>(sum);
  }
};

template <class T>
__global__ void cumsum_of_interleaved(Lines<2> lines, const T* x, T* out) {
  for (int64_t line = global_thread(); line < lines.starts.count; line += all_threads()) {
    const auto at = lines.starts(line);
    Total<T> sum = 0;
    for (int64_t i = 0; i < lines.n; ++i) {
      sum += static_cast<Total<T>>(x[at[1] + i * lines.steps[1]]);
      out[at[0] + i * lines.steps[0]] = static_cast<T>(sum);
    }
  }
}

template <class T>
void cumsum_of(const Lines<2>& lines, const T* x, T* out) {
  const int64_t count = lines.starts.count;
  if (lines.n <= 8 || (lines_are_interleaved(lines, 0) && count >= 1024))
    return launch<cumsum_of_interleaved<T>>({blocks_for(count), kThreads}, lines, x, out);
  const ElementOfX<T> load{lines, x};
  const ElementOfOut<T> store{lines, out};
  const ScanPlan plan(count, lines.n);
  const auto scan = [&](const Total<T>* totals) {
    launch<scan_chunks<Total<T>, ElementOfX<T>, ElementOfOut<T>>>(plan.grid(), plan, load, store, totals);
  };
  if (plan.chunk_count() == 1) return scan(nullptr);
  const Workspace totals(plan.jobs * int64_t{sizeof(Total<T>)});
  running_totals(plan, load, static_cast<Total<T>*>(totals.data()));
  scan(static_cast<const Total<T>*>(totals.data()));
}

}  // namespace

void cumsum(const View& x, int dim, const View& out) {
  if (x.dtype == kBool) no_kernel("cumsum", "cuda", x.dtype);
  if (out.numel() == 0) return;
  visit_dtype(x.dtype, [&]<class T>(T) {
    if constexpr (!std::same_as<T, bool>)
      cumsum_of<T>(lines_along(dim, out, x), x.as<const T>(), out.as<T>());
  });
}

}  // namespace gradus::cuda
