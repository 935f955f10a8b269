// Softmax along the last dimension, its logarithm, and the gradients of both.
//
//     yᵢ = e^(xᵢ - m) / Σⱼ e^(xⱼ - m),  m = maxⱼ xⱼ
//
// Subtracting m changes nothing in exact arithmetic. It keeps every exponential in [0, 1], so
// that none overflows, and the sum is at least 1. A row of -∞ has no softmax: it gives NaN,
// as in PyTorch.
//
// Each kernel reads a row from memory once. It then passes over the row again while it is in the cache.
#include "kernels/cpu/softmax.h"

#include <numbers>

#include "kernels/cpu/cpu_kernels.h"

namespace gradus::cpu {
namespace {

void softmax(const View& x, const View& out) {
  visit_floating_point("softmax", "cpu", x.dtype, [&]<class T>(T) {
    for_each_row<T>([]<class E>(E* y, const E* x, int64_t n) { scaled_softmax(all_equal<E>(T(1)), x, y, n); },
                    out, x);
  });
}

// xᵢ - m - log Σⱼ e^(xⱼ - m). The logarithm of a softmax that was rounded to 0 is never taken.
void log_softmax(const View& x, const View& out) {
  visit_floating_point("log_softmax", "cpu", x.dtype, [&]<class T>(T) {
    for_each_row<T>(
        []<class E>(E* y, const E* x, int64_t n) {
          const LogSum<E> sum = log_sum_exp(x, n);
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) y[i] = x[i] - sum.largest - sum.log_rest;
        },
        out, x);
  });
}

// x̄ᵢ = yᵢ (dᵢ - Σⱼ dⱼ yⱼ)  with dᵢ = ȳᵢ - ȳₖ. Since Σ yⱼ = 1, any k gives the same; with the largest yₖ, nothing cancels
// where yₖ is near 1.
void softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("softmax_gradient", "cpu", y.dtype, [&]<class T>(T) {
    for_each_row<T>(
        []<class E>(E* result, const E* g, const E* y, int64_t n) {
          E pivot{};  // only if some yₖ is above ½
          for_each_row_above(T(0.5), y, n,
                             [&](int64_t l, int64_t k) { in_lane(pivot, l) = in_lane(g[k], l); });
          const E dot = sum_of_terms<E>(n, [&](int64_t i) { return (g[i] - pivot) * y[i]; });
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) result[i] = y[i] * (g[i] - pivot - dot);
        },
        out, gradient, y);
  });
}

// x̄ᵢ = ȳᵢ - pᵢ Σⱼ ȳⱼ  with p = eʸ. If pₖ > ½ it is (1 - pₖ) ȳₖ - pₖ Σⱼ≠ₖ ȳⱼ for k, with all digits of 1 - pₖ.
void log_softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("log_softmax_gradient", "cpu", y.dtype, [&]<class T>(T) {
    for_each_row<T>(
        []<class E>(E* result, const E* g, const E* y, int64_t n) {
          const E sum = reduce_row<formulas::Add>(g, n);
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) result[i] = g[i] - exp(y[i]) * sum;
          for_each_row_above(-std::numbers::ln2_v<T>, y, n, [&](int64_t l, int64_t k) {
            T others = 0;
            for (int64_t j = 0; j < n; ++j) others += j == k ? T(0) : in_lane(g[j], l);
            const T log_p = in_lane(y[k], l);
            in_lane(result[k], l) = -std::expm1(log_p) * in_lane(g[k], l) - std::exp(log_p) * others;
          });
        },
        out, gradient, y);
  });
}

}  // namespace

void softmax(Kernels& table) {
  table.softmax = softmax;
  table.log_softmax = log_softmax;
  table.softmax_gradient = softmax_gradient;
  table.log_softmax_gradient = log_softmax_gradient;
}

}  // namespace gradus::cpu
