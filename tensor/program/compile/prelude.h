// The header that the C++ of a compiled program includes (Program::source): the formulas, the arguments of its function,
// and sums in the order of the kernels.
#pragma once

#include "kernels/cpu/reduce.h"
#include "kernels/formulas.h"

namespace gradus::programs {

/// The argument of a compiled program: its memory, and the calls of the listing that stay calls of kernels.
struct Recorded {
  void* const* memory;
  const void* calls;
  void (*make_call)(const void* calls, size_t line);

  /// The elements of a memory, x1 or p1 of the listing.
  template <class T>
  T* elements(size_t number) const {
    return static_cast<T*>(memory[number]);
  }
  /// Makes the call in a line of the listing.
  void call(size_t line) const { make_call(calls, line); }
};

/// a₀ b₀ + a₁ b₁ + …, n products. The factors stand `a_step` and `b_step` elements apart.
template <int n, class T>
inline T dot(const T* a, int64_t a_step, const T* b, int64_t b_step) {
  T sum = a[0] * b[0];
#pragma GCC unroll 16
  for (int k = 1; k < n; ++k) sum += a[k * a_step] * b[k * b_step];
  return sum;
}

/// t(x₀) ∘ t(x₁) ∘ … for a reduction F of n elements that stand `step` apart, in the order of kernels/cpu/reduce_run.h.
template <class F, int n, class T>
inline T reduce(const T* x, int64_t step) {
  using Combine = typename F::Combine;
  using Term = typename F::Term;
  if (step == 1) return cpu::reduce_lanes<Combine, Term, cpu::kLanes<T> / 16>(x, n);
  return cpu::reduce_run<Combine, Term>(x, n, step);
}

/// The same for a column of a matrix, in the order of combine_rows() in kernels/cpu/reduce.h.
template <class F, int n, class T>
inline T reduce_column(const T* x, int64_t step) {
  T result;
  cpu::combine_rows<typename F::Combine, typename F::Term>(x, 1, 1, step, n, &result);
  return result;
}

}  // namespace gradus::programs
