// Reductions of one run of elements, by halves: the inner part of reduce.h and of the softmax.
#pragma once

#include "kernels/cpu/wide.h"
#include "kernels/formulas.h"

namespace gradus::cpu {

// Everywhere here the formula Combine (∘) takes two values, and Term makes one of an element x[i]. They are Add and
// Identity for a sum, Add and Square for a sum of squares.
using formulas::Identity;

/// The middle of a range, at a multiple of the block so that all blocks but the last are full.
constexpr int64_t halve(int64_t n, int64_t block) { return (n / 2 + block - 1) / block * block; }

/// lane[0] ∘ lane[1] ∘ …, a power of two of them. Each half has a length that the compiler knows, so it stays in registers.
template <class Combine, class T, size_t lanes>
inline T combine_lanes(const T (&lane)[lanes]) {
  if constexpr (lanes == 1) return lane[0];
  T half[(lanes + 1) / 2];
  for (size_t l = 0; l < lanes / 2; ++l) half[l] = Combine{}.value(lane[l], lane[l + lanes / 2]);
  return combine_lanes<Combine>(half);
}

/// lane[l] = t(x[l]) ∘ lane[l]
template <class Combine, class Term, class T, size_t lanes>
inline void add_to_lanes(T (&lane)[lanes], const T* x) {
  if constexpr (lanes > 16) {
    for (size_t l = 0; l < lanes; ++l) lane[l] = Combine{}.value(Term{}.value(x[l]), lane[l]);
  } else {
#pragma GCC unroll 1  // g++ writes out so short a loop before it looks for vectors, and then finds none
    for (size_t l = 0; l < lanes; ++l) lane[l] = Combine{}.value(Term{}.value(x[l]), lane[l]);
  }
}

/// t(x[0]) ∘ t(x[1]) ∘ … in lanes. Lane l combines the elements l, l + lanes, l + 2 lanes, …; at the end the lanes are
/// combined by halves. The compiler keeps the lanes in vector registers: enough of them that an operation can start
/// before the previous ones have finished. The elements left over go to fewer lanes.
template <class Combine, class Term, int64_t lanes, class T>
inline T reduce_lanes(const T* x, int64_t n) {
  int64_t i = 0;
  T result = Combine::template identity<T>;
  if (n >= lanes) {
    T lane[lanes];
    for (int64_t l = 0; l < lanes; ++l) lane[l] = Term{}.value(x[l]);
    for (i = lanes; i + lanes <= n; i += lanes) add_to_lanes<Combine, Term>(lane, x + i);
    result = combine_lanes<Combine>(lane);
  }
  if constexpr (lanes >= 16)
    return Combine{}.value(reduce_lanes<Combine, Term, lanes / 4>(x + i, n - i), result);
  for (; i < n; ++i) result = Combine{}.value(Term{}.value(x[i]), result);
  return result;
}

/// Lanes in the widest vectors: 512 bytes, eight registers of 64.
template <class T>
constexpr int64_t kLanes = 512 / sizeof(T);

template <class Combine, class Term, class T>
inline T reduce_block(const T* x, int64_t n) {
  if (n < kLanes<T> / 2) return reduce_lanes<Combine, Term, kLanes<T> / 16>(x, n);
  T result;
  widest([&] { result = reduce_lanes<Combine, Term, kLanes<T>>(x, n); });
  return result;
}

/// t(x[0]) ∘ t(x[stride]) ∘ … by halves, down to blocks that are one chain of 32 in each lane.
template <class Combine, class Term = Identity, class T>
T reduce_run(const T* x, int64_t n, int64_t stride) {
  const int64_t block = stride == 1 ? 32 * kLanes<T> : 32;
  if (n > block) {
    const int64_t half = halve(n, block);
    const T first = reduce_run<Combine, Term>(x, half, stride);  // first: memory is read fastest in its order
    return Combine{}.value(first, reduce_run<Combine, Term>(x + half * stride, n - half, stride));
  }
  if (stride == 1) return reduce_block<Combine, Term>(x, n);
  T result = Combine::template identity<T>;
  for (; n > 0; --n, x += stride) result = Combine{}.value(Term{}.value(*x), result);
  return result;
}

}  // namespace gradus::cpu
