// Reductions of one run of elements, by halves: the inner part of reduce.cpp and softmax.cpp.
#pragma once

#include "kernels/cpu/wide.h"
#include "kernels/formulas.h"

namespace gradus::cpu {

using namespace formulas::reductions;

/// The middle of a range, at a multiple of the block so that all blocks but the last are full.
constexpr int64_t halve(int64_t n, int64_t block) { return (n / 2 + block - 1) / block * block; }

/// lane[0] ∘ lane[1] ∘ …, a power of two of them. Each half is as long as the compiler knows it to be, in registers.
template <class F, class T, size_t lanes>
inline T combine_lanes(const T (&lane)[lanes]) {
  if constexpr (lanes == 1) return lane[0];
  T half[(lanes + 1) / 2];
  for (size_t l = 0; l < lanes / 2; ++l) half[l] = F{}(lane[l], lane[l + lanes / 2]);
  return combine_lanes<F>(half);
}

/// lane[l] = x[l] ∘ lane[l]. Here and below an element x[l] stands for the term that F makes of it.
template <class F, class T, size_t lanes>
inline void add_to_lanes(T (&lane)[lanes], const T* x) {
  if constexpr (lanes > 16) {
    for (size_t l = 0; l < lanes; ++l) lane[l] = F{}(F::term(x[l]), lane[l]);
  } else {
#pragma GCC unroll 1  // g++ writes out so short a loop before it looks for vectors, and then finds none
    for (size_t l = 0; l < lanes; ++l) lane[l] = F{}(F::term(x[l]), lane[l]);
  }
}

/// x[0] ∘ x[1] ∘ … in lanes: lane l combines the elements l, l + lanes, l + 2 lanes, …, and in the end the lanes are
/// combined by halves. The compiler keeps the lanes in vector registers: as many as it takes for one operation to begin
/// while the last ones are still under way. What is left over goes to fewer lanes.
template <class F, int64_t lanes, class T>
inline T reduce_lanes(const T* x, int64_t n) {
  constexpr F f{};
  int64_t i = 0;
  T result = F::nothing;
  if (n >= lanes) {
    T lane[lanes];
    for (int64_t l = 0; l < lanes; ++l) lane[l] = F::term(x[l]);
    for (i = lanes; i + lanes <= n; i += lanes) add_to_lanes<F>(lane, x + i);
    result = combine_lanes<F>(lane);
  }
  if constexpr (lanes >= 16) return f(reduce_lanes<F, lanes / 4>(x + i, n - i), result);
  for (; i < n; ++i) result = f(F::term(x[i]), result);
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
    const T first = reduce_run<F>(x, half, stride);  // first: memory is read fastest in its order
    return F{}(first, reduce_run<F>(x + half * stride, n - half, stride));
  }
  if (stride == 1) return reduce_block<F>(x, n);
  T result = F::nothing;
  for (; n > 0; --n, x += stride) result = F{}(F::term(*x), result);
  return result;
}

}  // namespace gradus::cpu
