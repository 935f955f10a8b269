// Reductions of one run of elements, by halves: the inner part of reduce.cpp and softmax.cpp.
#pragma once

#include "kernels/cpu/wide.h"
#include "kernels/formulas.h"

namespace gradus::cpu {

using namespace formulas::reductions;

/// The middle of a range, at a multiple of the block so that all blocks but the last are full.
constexpr int64_t halve(int64_t n, int64_t block) { return (n / 2 + block - 1) / block * block; }

/// x[0] ∘ x[1] ∘ … in lanes: lane l combines the elements l, l + lanes, l + 2 lanes, …, and in the end the lanes are
/// combined by halves. The compiler keeps the lanes in vector registers: as many as it takes for one operation to begin
/// while the last ones are still under way. What is left over goes to fewer lanes.
template <class F, int64_t lanes, class T>
inline T reduce_lanes(const T* x, int64_t n) {
  constexpr F f{};
  int64_t i = 0;
  T result = F::nothing;
  if (n >= 2 * lanes) {
    T lane[lanes];
    for (int64_t l = 0; l < lanes; ++l) lane[l] = x[l];
    for (i = lanes; i + lanes <= n; i += lanes)
      for (int64_t l = 0; l < lanes; ++l) lane[l] = f(lane[l], x[i + l]);
    for (int64_t width = lanes / 2; width > 0; width /= 2)
      for (int64_t l = 0; l < width; ++l) lane[l] = f(lane[l], lane[l + width]);
    result = lane[0];
  }
  if constexpr (lanes >= 16) return f(result, reduce_lanes<F, lanes / 4>(x + i, n - i));
  for (; i < n; ++i) result = f(result, x[i]);
  return result;
}

/// Lanes in the widest vectors: 512 bytes, eight registers of 64.
template <class T>
constexpr int64_t kLanes = 512 / sizeof(T);

template <class F, class T>
inline T reduce_block(const T* x, int64_t n) {
  if (n < kLanes<T> / 2) return reduce_lanes<F, kLanes<T> / 16>(x, n);
  T result;
  widest([&] { result = reduce_lanes<F, kLanes<T>>(x, n); });
  return result;
}

/// x[0] ∘ x[stride] ∘ … by halves, down to blocks that are one chain of 32 in each lane.
template <class F, class T>
T reduce_run(const T* x, int64_t n, int64_t stride) {
  const int64_t block = stride == 1 ? 32 * kLanes<T> : 32;
  if (n > block) {
    const int64_t half = halve(n, block);
    return F{}(reduce_run<F>(x, half, stride), reduce_run<F>(x + half * stride, n - half, stride));
  }
  if (stride == 1) return reduce_block<F>(x, n);
  T result = F::nothing;
  for (; n > 0; --n, x += stride) result = F{}(result, *x);
  return result;
}

}  // namespace gradus::cpu
