// Softmax along the last dimension, its logarithm, cross-entropy, and the gradients of all three.
//
//     yᵢ = e^(xᵢ - m) / Σⱼ e^(xⱼ - m),  m = maxⱼ xⱼ
//
// Subtracting the largest element changes nothing mathematically and keeps every exponential in [0, 1], so none
// overflows and the sum is at least 1. A row that is -∞ throughout has no softmax: it gives NaN, as in PyTorch.
//
// Each kernel reads a row from memory once and goes over it again while it is in the cache.
#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/rows.h"

namespace gradus::cpu {
namespace {

/// What log Σ e^xⱼ is made of: m, and the logarithm of the sum without it.
template <class T>
struct LogSum {
  T largest, log_rest;
};

template <class T>
inline LogSum<T> log_sum_exp(const T* x, int64_t n) {
  const T largest = reduce_run<Max<T>>(x, n, 1);
  return {largest, std::log(sum_of_terms<T>(n, [&](int64_t i) { return std::exp(x[i] - largest); }))};
}

/// yᵢ = scale · softmax(x)ᵢ; y may be x.
template <class T>
inline void scaled_softmax(T scale, const T* x, T* y, int64_t n) {
  const T largest = reduce_run<Max<T>>(x, n, 1);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = std::exp(x[i] - largest);
  const T factor = scale / reduce_run<Sum<T>>(y, n, 1);
  for (int64_t i = 0; i < n; ++i) y[i] *= factor;
}

}  // namespace

void softmax(const View& x, const View& out) {
  visit_floating_point("softmax", x, [&]<class T>(T) {
    for_each_row<T>([](T* y, const T* x, int64_t n) { scaled_softmax(T(1), x, y, n); }, out, x);
  });
}

// xᵢ - m - log Σⱼ e^(xⱼ - m): no logarithm of a softmax that has rounded to 0.
void log_softmax(const View& x, const View& out) {
  visit_floating_point("log_softmax", x, [&]<class T>(T) {
    for_each_row<T>(
        [](T* y, const T* x, int64_t n) {
          const auto [largest, log_rest] = log_sum_exp(x, n);
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) y[i] = x[i] - largest - log_rest;
        },
        out, x);
  });
}

void softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("softmax_gradient", y, [&]<class T>(T) {
    for_each_row<T>(
        [](T* result, const T* g, const T* y, int64_t n) {
          const T dot = sum_of_terms<T>(n, [&](int64_t i) { return g[i] * y[i]; });
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) result[i] = y[i] * (g[i] - dot);
        },
        out, gradient, y);
  });
}

void log_softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("log_softmax_gradient", y, [&]<class T>(T) {
    for_each_row<T>(
        [](T* result, const T* g, const T* y, int64_t n) {
          const T sum = reduce_run<Sum<T>>(g, n, 1);
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) result[i] = g[i] - std::exp(y[i]) * sum;
        },
        out, gradient, y);
  });
}

// -log softmax(x)[t] = m - x[t] + log Σⱼ e^(xⱼ - m)
void cross_entropy(const View& x, const View& target, const View& losses) {
  visit_floating_point("cross_entropy", x, [&]<class T>(T) {
    const int64_t n = line_along(x, x.dim - 1).size;
    for_each_line(
        x.dim - 1,
        [&](const int64_t* offsets) {
          std::vector<T> copy;
          const T* const row = side_by_side(x, offsets[0], copy);
          const T chosen = row[target.as<const int64_t>()[offsets[1]]];
          for_row_of(n, [&] {
            const auto [largest, log_rest] = log_sum_exp(row, n);
            losses.as<T>()[offsets[2]] = largest - chosen + log_rest;
          });
        },
        x, target, losses);
  });
}

// The softmax is made anew from x: one exponential per element, as the forward's, and nothing had to be kept.
void cross_entropy_gradient(const View& gradient, const View& x, const View& target, const View& out) {
  visit_floating_point("cross_entropy_gradient", x, [&]<class T>(T) {
    const auto [n, stride] = line_along(out, out.dim - 1);
    for_each_line(
        x.dim - 1,
        [&, n = n, stride = stride](const int64_t* offsets) {
          std::vector<T> copies[2];
          T* const result = side_by_side(out, offsets[0], copies[0]);
          const T* const row = side_by_side(x, offsets[1], copies[1]);
          const T g = gradient.as<const T>()[offsets[3]];
          for_row_of(n, [&] { scaled_softmax(g, row, result, n); });
          result[target.as<const int64_t>()[offsets[2]]] -= g;
          put_back(out, offsets[0], copies[0]);
        },
        out, x, target, gradient);
  });
}

}  // namespace gradus::cpu
