// Reduces values that the threads of a block hold. reduce.cu and the rows in rows.h are built on it.
#pragma once

#include "kernels/cuda/launch.h"
#include "kernels/formulas.h"

namespace gradus::cuda {

using formulas::Add, formulas::Identity, formulas::Maximum, formulas::Minimum;

inline constexpr int kWarp = 32;  // warpSize, as a constant
inline constexpr unsigned kAllLanes = 0xffffffffu;

namespace {  // shared memory belongs to the kernel of one file, not to all files that include this

/// The value of the lane whose number differs from this lane's in the given bit.
template <class T>
__device__ T across(T value, int bit) {
  if constexpr (std::same_as<T, bool>)
    return __shfl_xor_sync(kAllLanes, static_cast<int>(value), bit) != 0;
  else
    return __shfl_xor_sync(kAllLanes, value, bit);
}

/// Combines the values of a group of neighbouring threads by halves. Every thread gets the result.
/// The group has `lanes` threads, a power of two. Up to a warp it needs shuffles alone; several
/// warps combine their results through shared memory. All threads of the block must call it.
template <class F, class T>
__device__ T reduce_lanes(T value, int lanes) {
  for (int bit = (lanes < kWarp ? lanes : kWarp) / 2; bit > 0; bit /= 2)
    value = F{}.value(value, across(value, bit));
  if (lanes <= kWarp) return value;
  constexpr int most_warps = 1024 / kWarp;
  __shared__ T of_warp[most_warps];
  const int warp = static_cast<int>(threadIdx.x) / kWarp, warps = lanes / kWarp, first = warp & ~(warps - 1);
  __syncthreads();  // wait until all have read the results of the last call
  if (threadIdx.x % kWarp == 0) of_warp[warp] = value;
  __syncthreads();
  value = of_warp[first];
  for (int w = 1; w < warps; ++w) value = F{}.value(value, of_warp[first + w]);
  return value;
}

/// Is `condition` true for any of the threads that meet if neighbouring groups of `lanes` threads call reduce_lanes?
__device__ inline bool any_together(bool condition, int lanes) {
  return reduce_lanes<Maximum>(condition ? 1 : 0, lanes <= kWarp ? kWarp : static_cast<int>(blockDim.x)) != 0;
}

constexpr int64_t kNowhere = std::numeric_limits<int64_t>::max();

/// A value and its index.
template <class T>
struct Found {
  T value;
  int64_t index;
};

/// The better of two by Best (Maximum or Minimum). NaN is better than every number. Of equal ones
/// the first wins.
template <class Best, class T>
__device__ Found<T> better(Found<T> a, Found<T> b) {
  const T best = Best{}.value(a.value, b.value);
  const auto equal = [](T x, T y) { return x == y || (x != x && y != y); };
  if (!equal(a.value, best)) return b;
  if (!equal(b.value, best)) return a;
  return a.index < b.index ? a : b;
}

/// The best of the values found by neighbouring lanes of a warp. Every lane gets it.
template <class Best, class T>
__device__ Found<T> best_of_warp(Found<T> mine, int lanes = kWarp) {
  for (int bit = lanes / 2; bit > 0; bit /= 2)
    mine = better<Best>(mine, {across(mine.value, bit), across(mine.index, bit)});
  return mine;
}

}  // namespace
}  // namespace gradus::cuda
