// Softmax of one row, and the logarithm of a sum of exponentials: the inner part of softmax.cpp and cross_entropy.cpp.
#pragma once

#include "kernels/cpu/rows.h"

namespace gradus::cpu {

/// The two parts of log Σ e^xⱼ: m, and log Σ e^(xⱼ - m). E is a number, or Lanes of numbers.
template <class E>
struct LogSum {
  E largest, log_rest;
};

/// With d = xⱼ - m the sum is r + c: r over the d < 0, and c terms are 1. If c = 1, r can be far below 1, so r + c is not
/// rounded: log(r + c) = log1p(r + (c - 1)).
template <class E>
inline LogSum<E> log_sum_exp(const E* x, int64_t n) {
  using T = std::remove_cvref_t<decltype(in_lane(*x, 0))>;
  const E largest = reduce_row<formulas::Maximum>(x, n);
  const E rest = sum_of_terms<E>(n, [&](int64_t i) { return exp_below_0(x[i] - largest); });
  const E ones = sum_of_terms<E>(n, [&](int64_t i) { return is_0(x[i] - largest); });
  return {largest, log1p(rest + (ones - all_equal<E>(T(1))))};
}

/// yᵢ = scale · softmax(x)ᵢ; y may be x.
template <class E>
inline void scaled_softmax(const E& scale, const E* x, E* y, int64_t n) {
  const E largest = reduce_row<formulas::Maximum>(x, n);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = exp(x[i] - largest);
  const E factor = scale / reduce_row<formulas::Add>(y, n);
  for (int64_t i = 0; i < n; ++i) y[i] = y[i] * factor;
}

}  // namespace gradus::cpu
