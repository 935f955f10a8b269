// Prefix sums (scans) along lines, for any sequence of values. cumsum and nonzero are built on them.
//
//   v1 chain   One thread scans one line: n additions one after another.
//   v2 block   A block scans a line in rounds of a value per thread. In a round every warp scans its
//              values in 5 shuffles, which add the value of the lane 1, 2, 4, 8 and 16 before. The
//              warps' totals are combined in shared memory. The round's total is carried into the next.
//   v3 grid    A line is cut into chunks, with a block for each. One launch sums each chunk, the same
//              code scans these totals, and another launch scans each chunk from the total before it.
//              The values are read twice, but the whole device works instead of one block. A single
//              pass is possible (Merrill & Garland, 2016). But its blocks wait for each other, which
//              CUDA does not promise to work without a cooperative launch.
//
// Source: Hillis & Steele, "Data parallel algorithms" (1986), for the scan of a warp.
#pragma once

#include "kernels/cuda/lines.h"
#include "kernels/cuda/reduce_lanes.h"
#include "kernels/cuda/workspace.h"

namespace gradus::cuda {

/// How the lines are cut. A job is one chunk of one line.
struct ScanPlan {
  int64_t lines, n, chunk;
  Divisor chunks;
  int64_t jobs;
  int threads;

  ScanPlan(int64_t lines, int64_t n) : lines(lines), n(n), chunk(n) {
    constexpr int64_t fill = 1024;            // blocks that fill a device
    constexpr int64_t least = 16 * kThreads;  // elements worth a block
    const int64_t wanted =
        std::clamp<int64_t>(divide_up(n, least), 1, divide_up(fill, std::max<int64_t>(lines, 1)));
    chunk = std::max<int64_t>(divide_up(n, wanted), 1);
    jobs = lines * chunk_count();
    chunks = Divisor(std::max<int64_t>(chunk_count(), 1));
    threads = power_of_two(chunk, kWarp, kThreads);
  }

  int64_t chunk_count() const { return divide_up(n, chunk); }
  Grid grid(Place place = Place::current()) const {
    return {blocks_for_jobs(jobs), static_cast<unsigned>(threads), 0, place};
  }
};

namespace {

/// The sum of the values of this thread and of all before it in the block; `total` becomes
/// that of all.
template <class T>
__device__ T scan_block(T value, T& total) {
  __shared__ T of_warp[kThreads / kWarp];
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  for (int distance = 1; distance < kWarp; distance *= 2) {
    const T before = __shfl_up_sync(kAllLanes, value, distance);
    if (lane >= distance) value += before;
  }
  __syncthreads();  // all have read the totals of the last call
  if (lane == kWarp - 1) of_warp[warp] = value;
  __syncthreads();
  total = 0;
  for (int w = 0; w < static_cast<int>(blockDim.x) / kWarp; ++w) {
    if (w == warp) value += total;
    total += of_warp[w];
  }
  return value;
}

/// totals[job] = Σ load(line, i) over the chunk
template <class Total, class Load>
__global__ void add_up_chunks(ScanPlan plan, Load load, Total* totals) {
  for (int64_t job = blockIdx.x; job < plan.jobs; job += gridDim.x) {
    int64_t line = job;
    const int64_t begin = plan.chunks.divide(line) * plan.chunk, end = min(begin + plan.chunk, plan.n);
    Total total = 0;
    for (int64_t i = begin + threadIdx.x; i < end; i += blockDim.x) total += load(line, i);
    total = reduce_lanes<Add>(total, static_cast<int>(blockDim.x));
    if (threadIdx.x == 0) totals[job] = total;
  }
}

/// store(line, i, Σ load(line, j) over j = 0 … i). `totals`: the running totals of the chunks;
/// nullptr if there is only one chunk.
template <class Total, class Load, class Store>
__global__ void scan_chunks(ScanPlan plan, Load load, Store store, const Total* totals) {
  for (int64_t job = blockIdx.x; job < plan.jobs; job += gridDim.x) {
    int64_t line = job;
    const int64_t chunk = plan.chunks.divide(line), begin = chunk * plan.chunk;
    const int64_t end = min(begin + plan.chunk, plan.n);
    Total carry = chunk == 0 ? Total(0) : totals[job - 1];
    for (int64_t first = begin; first < end; first += blockDim.x) {
      const int64_t i = first + threadIdx.x;
      Total of_round;
      const Total sum = scan_block(i < end ? static_cast<Total>(load(line, i)) : Total(0), of_round);
      if (i < end) store(line, i, carry + sum);
      carry += of_round;
    }
  }
}

/// Contiguous values, line after line: the totals of chunks.
template <class Total>
struct SideBySide {
  Total* data;
  int64_t n;
  __device__ Total operator()(int64_t line, int64_t i) const { return data[line * n + i]; }
  __device__ void operator()(int64_t line, int64_t i, Total value) const { data[line * n + i] = value; }
};

/// totals[line][chunk] = Σ load(line, i) over this chunk and all before it in the line
template <class Total, class Load>
void running_totals(const ScanPlan& plan, const Load& load, Total* totals) {
  launch<add_up_chunks<Total, Load>>(plan.grid(), plan, load, totals);
  ScanPlan over_chunks(plan.lines, plan.chunk_count());
  const SideBySide<Total> both{totals, plan.chunk_count()};
  launch<scan_chunks<Total, SideBySide<Total>, SideBySide<Total>>>(over_chunks.grid(), over_chunks, both,
                                                                   both, static_cast<const Total*>(nullptr));
}

}  // namespace
}  // namespace gradus::cuda
