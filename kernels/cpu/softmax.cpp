// Softmax along the last dimension, log-softmax, cross-entropy, and the gradients of all three.
//
//     yᵢ = e^(xᵢ - m) / Σⱼ e^(xⱼ - m),  m = maxⱼ xⱼ
//
// Subtracting m changes nothing in exact arithmetic. It keeps every exponential in [0, 1], so
// that none overflows, and the sum is at least 1. A row of -∞ has no softmax: it gives NaN,
// as in PyTorch.
//
// Each kernel reads a row from memory once. It then passes over the row again while it is
// in the cache.
#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/rows.h"

namespace gradus::cpu {
namespace {

/// The two parts of log Σ e^xⱼ: m, and log Σ e^(xⱼ - m). E is a number, or Lanes of numbers.
template <class E>
struct LogSum {
  E largest, log_rest;
};

template <class E>
inline LogSum<E> log_sum_exp(const E* x, int64_t n) {
  const E largest = reduce_row<formulas::Maximum>(x, n);
  return {largest, log(sum_of_terms<E>(n, [&](int64_t i) { return exp(x[i] - largest); }))};
}

/// yᵢ = scale · softmax(x)ᵢ. y may be x.
template <class E>
inline void scaled_softmax(const E& scale, const E* x, E* y, int64_t n) {
  const E largest = reduce_row<formulas::Maximum>(x, n);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = exp(x[i] - largest);
  const E factor = scale / reduce_row<formulas::Add>(y, n);
  for (int64_t i = 0; i < n; ++i) y[i] = y[i] * factor;
}

void softmax(const View& x, const View& out) {
  plain::visit_floating_point("softmax", x.dtype, [&]<class T>(T) {
    for_each_row<T>([]<class E>(E* y, const E* x, int64_t n) { scaled_softmax(all_equal<E>(T(1)), x, y, n); },
                    out, x);
  });
}

// xᵢ - m - log Σⱼ e^(xⱼ - m). The logarithm of a softmax that was rounded to 0 is never taken.
void log_softmax(const View& x, const View& out) {
  plain::visit_floating_point("log_softmax", x.dtype, [&]<class T>(T) {
    for_each_row<T>(
        []<class E>(E* y, const E* x, int64_t n) {
          const LogSum<E> sum = log_sum_exp(x, n);
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) y[i] = x[i] - sum.largest - sum.log_rest;
        },
        out, x);
  });
}

void softmax_gradient(const View& gradient, const View& y, const View& out) {
  plain::visit_floating_point("softmax_gradient", y.dtype, [&]<class T>(T) {
    for_each_row<T>(
        []<class E>(E* result, const E* g, const E* y, int64_t n) {
          const E dot = sum_of_terms<E>(n, [&](int64_t i) { return g[i] * y[i]; });
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) result[i] = y[i] * (g[i] - dot);
        },
        out, gradient, y);
  });
}

void log_softmax_gradient(const View& gradient, const View& y, const View& out) {
  plain::visit_floating_point("log_softmax_gradient", y.dtype, [&]<class T>(T) {
    for_each_row<T>(
        []<class E>(E* result, const E* g, const E* y, int64_t n) {
          const E sum = reduce_row<formulas::Add>(g, n);
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) result[i] = g[i] - exp(y[i]) * sum;
        },
        out, gradient, y);
  });
}

// -log softmax(x)[t] = m - x[t] + log Σⱼ e^(xⱼ - m)
void cross_entropy(const View& x, const View& target, const View& losses) {
  plain::visit_floating_point("cross_entropy", x.dtype, [&]<class T>(T) {
    const int64_t n = line_along(x, x.dim - 1).size;
    const auto class_of = [&](int64_t offset) { return target.as<const int64_t>()[offset]; };
    const auto lanes = [&](const int64_t* at, const int64_t* steps, int64_t rows) {
      const RowsInLanes<T> row(x, at[0], steps[0], rows);
      LogSum<Lanes<T>> sum;
      widest([&] { sum = log_sum_exp(row.elements, n); });
      for (int64_t l = 0; l < rows; ++l) {
        const T chosen = row.elements[class_of(at[1] + l * steps[1])].lane[l];
        losses.as<T>()[at[2] + l * steps[2]] = sum.largest.lane[l] - chosen + sum.log_rest.lane[l];
      }
    };
    const auto single = [&](const int64_t* at) {
      std::vector<T> copy;
      const T* const row = contiguous_row(x, at[0], copy);
      const T chosen = row[class_of(at[1])];
      for_row_of(n, [&] {
        const LogSum<T> sum = log_sum_exp(row, n);
        losses.as<T>()[at[2]] = sum.largest - chosen + sum.log_rest;
      });
    };
    for_each_row_or_lanes<T>(lanes, single, x, target, losses);
  });
}

// x̄ = ȳ (softmax(x) - eₜ). The softmax is computed again from x, so that the forward pass need not
// keep it. This costs one exponential per element.
void cross_entropy_gradient(const View& gradient, const View& x, const View& target, const View& out) {
  plain::visit_floating_point("cross_entropy_gradient", x.dtype, [&]<class T>(T) {
    const int64_t n = line_along(x, x.dim - 1).size;
    const auto class_of = [&](int64_t offset) { return target.as<const int64_t>()[offset]; };
    const auto slope_of = [&](int64_t offset) { return gradient.as<const T>()[offset]; };
    const auto lanes = [&](const int64_t* at, const int64_t* steps, int64_t rows) {
      RowsInLanes<T> row(x, at[1], steps[1], rows);
      Lanes<T> g{};
      for (int64_t l = 0; l < rows; ++l) g.lane[l] = slope_of(at[3] + l * steps[3]);
      widest([&] { scaled_softmax(g, row.elements, row.elements, n); });
      for (int64_t l = 0; l < rows; ++l) row.elements[class_of(at[2] + l * steps[2])].lane[l] -= g.lane[l];
      row.put_back(out, at[0], steps[0], rows);
    };
    const auto single = [&](const int64_t* at) {
      std::vector<T> copies[2];
      T* const result = contiguous_row(out, at[0], copies[0]);
      const T* const row = contiguous_row(x, at[1], copies[1]);
      const T g = slope_of(at[3]);
      for_row_of(n, [&] { scaled_softmax(g, row, result, n); });
      result[class_of(at[2])] -= g;
      put_back(out, at[0], copies[0]);
    };
    for_each_row_or_lanes<T>(lanes, single, out, x, target, gradient);
  });
}

}  // namespace

void softmax(Kernels& table) {
  table.softmax = softmax;
  table.log_softmax = log_softmax;
  table.softmax_gradient = softmax_gradient;
  table.log_softmax_gradient = log_softmax_gradient;
  table.cross_entropy = cross_entropy;
  table.cross_entropy_gradient = cross_entropy_gradient;
}

}  // namespace gradus::cpu
