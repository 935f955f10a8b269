// Reduces one run of elements, by halves. This is the inner loop of reduce.h and of the rows in rows.h.
//
//   reduce_run     any run: halves it down to blocks
//   reduce_block   a contiguous block of at most 32 elements for each lane: chooses the number of lanes
//   reduce_lanes   the same with a given number of lanes
#pragma once

#include "kernels/cpu/wide.h"
#include "kernels/formulas.h"

namespace gradus::cpu {

// Combine is a binary formula (∘), Term a unary one (t) applied to each element first. A sum has
// Add and Identity, a sum of squares Add and Square.
using formulas::Identity;

/// The middle of a range, rounded up to a multiple of `block`, so that all blocks but the
/// last are full.
constexpr int64_t halve(int64_t n, int64_t block) { return (n / 2 + block - 1) / block * block; }

/// lane[0] ∘ lane[1] ∘ … for a power of two of lanes. The compiler knows the length of each half,
/// so the halves stay in registers.
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
    // g++ would unroll a loop this short before it looks for vectors, and then find none.
#pragma GCC unroll 1
    for (size_t l = 0; l < lanes; ++l) lane[l] = Combine{}.value(Term{}.value(x[l]), lane[l]);
  }
}

/// t(x[0]) ∘ t(x[1]) ∘ … in lanes. Lane l combines elements l, l + lanes, l + 2 lanes, …, and the
/// lanes are combined by halves at the end. The compiler keeps the lanes in several vector
/// registers, so an operation starts before the previous one has finished. The remaining elements
/// are reduced in a quarter of the lanes.
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

/// The number of lanes for the widest vectors: 512 bytes, which are eight registers of 64.
template <class T>
constexpr int64_t kLanes = 512 / sizeof(T);

template <class Combine, class Term, class T>
inline T reduce_block(const T* x, int64_t n) {
  if (n < kLanes<T> / 2) return reduce_lanes<Combine, Term, kLanes<T> / 16>(x, n);
  // Registers of 32 bytes are sixteen. A sum uses them all as lanes, but the test of NaN in an extreme needs some.
  constexpr bool is_extreme =
      std::same_as<Combine, formulas::Maximum> || std::same_as<Combine, formulas::Minimum>;
  T result;
  widest([&] { result = reduce_lanes<Combine, Term, kLanes<T> / (is_extreme ? 2 : 1)>(x, n); });
  return result;
}

/// t(x[0]) ∘ t(x[stride]) ∘ … by halves. In a block each lane combines a chain of 32 elements.
template <class Combine, class Term = Identity, class T>
T reduce_run(const T* x, int64_t n, int64_t stride) {
  const int64_t block = stride == 1 ? 32 * kLanes<T> : 32;
  if (n > block) {
    const int64_t half = halve(n, block);
    // The first half goes first: memory is read fastest in its order.
    const T first = reduce_run<Combine, Term>(x, half, stride);
    return Combine{}.value(first, reduce_run<Combine, Term>(x + half * stride, n - half, stride));
  }
  if (stride == 1) return reduce_block<Combine, Term>(x, n);
  T result = Combine::template identity<T>;
  for (; n > 0; --n, x += stride) result = Combine{}.value(Term{}.value(*x), result);
  return result;
}

}  // namespace gradus::cpu
