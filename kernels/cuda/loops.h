// How the kernels walk over memory: the element of each view for thread number i, and packs
// of 16 bytes.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/cuda/launch.h"
#include "kernels/kernels.h"
#include "kernels/merged_loops.h"

namespace gradus::cuda {

/// Division of numbers in 0 … 2⁶³ by a size d that is known before the launch, by a multiplication:
///
///     ⌊i / d⌋ = ⌊i m / 2^(63+s)⌋,     s = ⌈log₂ d⌉,  m = ⌈2^(63+s) / d⌉ < 2⁶⁴
///
/// GPUs have no instruction that divides: a 64-bit division is a routine of about 70, this is about
/// 10. Source: Granlund & Montgomery, "Division by invariant integers using multiplication" (1994).
class Divisor {
 public:
  Divisor() = default;
  explicit Divisor(int64_t size) : size_(size), shift_(0), multiplier_(0) {
    if (size < 2) return;
    const int s = static_cast<int>(std::bit_width(static_cast<uint64_t>(size) - 1));
    const Wide d = static_cast<Wide>(size);
    multiplier_ = static_cast<uint64_t>(((Wide{1} << (63 + s)) + d - 1) / d);
    shift_ = s - 1;  // 64 of the 63 + s bits are dropped with the product's lower half
  }

  /// i := ⌊i / d⌋; returns the remainder.
  __device__ int64_t divide(int64_t& i) const {
    if (size_ == 1) return 0;
    const int64_t quotient =
        static_cast<int64_t>(__umul64hi(static_cast<uint64_t>(i), multiplier_) >> shift_);
    const int64_t remainder = i - quotient * size_;
    i = quotient;
    return remainder;
  }

 private:
  __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using)
  int64_t size_;
  int shift_;
  uint64_t multiplier_;
};

/// The offset of an element in each of N views.
template <int N>
struct Offsets {
  int64_t of[N];
  __device__ int64_t operator[](int view) const { return of[view]; }
};

/// A nest of loops over N views, as an argument of a kernel.
template <int N>
struct Loop {
  int64_t count = 1;
  int dim = 0;
  Divisor sizes[kMaxDims];  // outermost first
  int64_t strides[kMaxDims][N];

  Loop() = default;
  explicit Loop(const MergedLoops<N>& merged) {
    for (int d = 0; d < merged.dim; ++d) push(merged.sizes[d], merged.strides[d]);
  }

  /// Adds a loop inside the others.
  void push(int64_t size, const int64_t* steps) {
    count *= size;
    sizes[dim] = Divisor(size);
    for (int v = 0; v < N; ++v) strides[dim][v] = steps[v];
    ++dim;
  }

  /// The offsets of element number i, counted in the order of the loops.
  __device__ Offsets<N> operator()(int64_t i) const {
    Offsets<N> offsets{};
    for (int d = dim - 1; d >= 0; --d) {
      const int64_t index = d == 0 ? i : sizes[d].divide(i);  // the outermost index is what the others leave
      for (int v = 0; v < N; ++v) offsets.of[v] += index * strides[d][v];
    }
    return offsets;
  }
};

/// Elements that are loaded or stored by one instruction, of up to 16 bytes.
template <class T, int width>
struct alignas(width * sizeof(T)) Pack {
  T values[width];
};

/// The width at which the widest of these types fills 16 bytes.
template <class... T>
constexpr int pack_width = static_cast<int>(16 / std::max({sizeof(T)...}));

/// Pack number i of an aligned run of elements.
template <int width, class T>
__device__ Pack<T, width> load(const T* data, int64_t i) {
  return reinterpret_cast<const Pack<T, width>*>(data)[i];
}
template <int width, class T>
__device__ void store(T* data, int64_t i, const Pack<T, width>& pack) {
  reinterpret_cast<Pack<T, width>*>(data)[i] = pack;
}

/// True if a pack may begin at `data`.
inline bool is_aligned(const void* data, size_t bytes) {
  return reinterpret_cast<uintptr_t>(data) % bytes == 0;
}

}  // namespace gradus::cuda
