// Softmax of one row, and the logarithm of a sum of exponentials: the inner part of softmax.cpp and cross_entropy.cpp.
#pragma once

#include "kernels/cpu/rows.h"

namespace gradus::cpu {

/// The two parts of log Σ e^xⱼ: m, and log Σ e^(xⱼ - m). E is a number, or Lanes of numbers.
template <class E>
struct LogSum {
  E largest, log_rest;
};

/// With d = xⱼ - m the sum s is at least 1, since one d is 0. If s is near 1, rounding it would lose what the other terms
/// add, and log s with it. Then they are summed alone: log s = log1p(s - 1).
template <class E>
inline LogSum<E> log_sum_exp(const E* x, int64_t n) {
  using T = std::remove_cvref_t<decltype(in_lane(*x, 0))>;
  const E largest = reduce_row<formulas::Maximum>(x, n);
  const E sum = sum_of_terms<E>(n, [&](int64_t i) { return exp(x[i] - largest); });
  LogSum<E> result = {largest, log(sum)};
  constexpr int64_t lanes = sizeof(E) / sizeof(T);
  const auto is_near_1 = [&](int64_t l) { return in_lane(sum, l) < T(1.5); };
  bool any = false;
  for (int64_t l = 0; l < lanes; ++l) any |= is_near_1(l);
  if (!any) return result;
  const E rest = sum_of_terms<E>(n, [&](int64_t i) { return exp_below_0(x[i] - largest); });
  for (int64_t l = 0; l < lanes; ++l)
    if (is_near_1(l)) in_lane(result.log_rest, l) = std::log1p(in_lane(rest, l));
  return result;
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
