// Softmax along the last dimension:  yᵢ = e^(xᵢ - m) / Σⱼ e^(xⱼ - m),  m = maxⱼ xⱼ.
//
// Subtracting the largest element changes nothing mathematically and keeps every exponential in [0, 1], so none
// overflows and the sum is at least 1. A row that is -∞ throughout has no softmax: it gives NaN, as in PyTorch.
#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/reduce_run.h"
#include "kernels/cpu/wide.h"

namespace gradus::cpu {
namespace {

/// One row of neighbouring elements; y may be x.
template <class T>
inline void softmax_row(const T* x, T* y, int64_t n) {
  const T largest = reduce_run<Max<T>>(x, n, 1);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = std::exp(x[i] - largest);
  const T scale = T(1) / reduce_run<Sum<T>>(y, n, 1);
  for (int64_t i = 0; i < n; ++i) y[i] *= scale;
}

/// log yᵢ = xᵢ - m - log Σⱼ e^(xⱼ - m): no logarithm of a softmax that has rounded to 0.
template <class T>
inline void log_softmax_row(const T* x, T* y, int64_t n) {
  constexpr int64_t piece = 1024;  // the exponentials are summed piece by piece and never stored
  const T largest = reduce_run<Max<T>>(x, n, 1);
  T exponentials[piece], sum = 0;
  for (int64_t begin = 0; begin < n; begin += piece) {
    const int64_t length = std::min(piece, n - begin);
    for (int64_t i = 0; i < length; ++i) exponentials[i] = std::exp(x[begin + i] - largest);
    sum += reduce_run<Sum<T>>(exponentials, length, 1);
  }
  const T log_sum = std::log(sum);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] - largest - log_sum;
}

/// Calls row(x, y, n) for every row. A row whose elements are not neighbours is copied, worked on and copied back.
template <class T, class Row>
void for_each_row(const View& x, const View& out, const Row& row) {
  const int last = x.dim - 1;
  const auto [n, x_step] = line_along(x, last);
  const int64_t out_step = line_along(out, last).stride;
  for_each_line(
      last,
      [&, n = n, x_step = x_step](const int64_t* offsets) {
        const T* from = x.as<const T>() + offsets[1];
        T* to = out.as<T>() + offsets[0];
        if (x_step == 1 && out_step == 1) return row(from, to, n);
        std::vector<T> copy(static_cast<size_t>(n));
        for (int64_t i = 0; i < n; ++i) copy[static_cast<size_t>(i)] = from[i * x_step];
        row(copy.data(), copy.data(), n);
        for (int64_t i = 0; i < n; ++i) to[i * out_step] = copy[static_cast<size_t>(i)];
      },
      out, x);
}

}  // namespace

void softmax(const View& x, const View& out) {
  visit_dtype(x.dtype, [&]<class T>(T) {
    if constexpr (std::floating_point<T>)
      for_each_row<T>(x, out,
                      [](const T* from, T* to, int64_t n) { widest([=] { softmax_row(from, to, n); }); });
    else
      no_kernel("softmax", "cpu", x.dtype);
  });
}

void log_softmax(const View& x, const View& out) {
  visit_dtype(x.dtype, [&]<class T>(T) {
    if constexpr (std::floating_point<T>)
      for_each_row<T>(x, out,
                      [](const T* from, T* to, int64_t n) { widest([=] { log_softmax_row(from, to, n); }); });
    else
      no_kernel("log_softmax", "cpu", x.dtype);
  });
}

}  // namespace gradus::cpu
