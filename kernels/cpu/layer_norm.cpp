// Layer normalisation: shifts every row to mean 0 and scales it to variance 1.
//
//     yᵢ = (xᵢ - μ) r        μ = mean x        r = 1 / √(mean (x - μ)² + ε)
//     x̄ᵢ = r (ȳᵢ - mean ȳ - yᵢ mean (ȳ y))
//
// The two subtractions remove what shifting and scaling the row would contribute, because y does not
// depend on them. Source: Ba, Kiros & Hinton, "Layer normalization" (2016).
//
// A row whose squares leave the range of T is rescaled first: see kernels/rescale.h.
#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cpu/rows.h"
#include "kernels/rescale.h"

namespace gradus::cpu {
namespace {

/// Writes y. Returns r. `row` may be `y`.
template <class T>
[[gnu::always_inline]] inline T normalise(const T* row, int64_t n, T eps, T* y) {
  const T count = static_cast<T>(n), mean = reduce_run<formulas::Add>(row, n, 1) / count;
  for (int64_t i = 0; i < n; ++i) y[i] = row[i] - mean;
  const T variance = sum_of_terms<T>(n, [&](int64_t i) { return y[i] * y[i]; }) / count;
  const T r = T(1) / std::sqrt(variance + eps);
  for (int64_t i = 0; i < n; ++i) y[i] *= r;
  return r;
}

/// The rare case, which for_row_of need not compile for wide vectors.
template <class T>
[[gnu::noinline]] T normalise_by_scale(const T* row, int64_t n, T eps, T* y) {
  return normalise_rescaled(row, n, eps, y, [&](T scaled_eps) { return normalise(y, n, scaled_eps, y); });
}

void layer_norm(const View& x, double eps, const View& out, const View& inverse_deviations) {
  visit_floating_point("layer_norm", "cpu", x.dtype, [&]<class T>(T) {
    const int64_t n = line_along(x, x.dim - 1).size;
    for_each_line(
        x.dim - 1,
        [&](const int64_t* offsets) {
          std::vector<T> copies[2];
          T* const y = contiguous_row(out, offsets[0], copies[0]);
          const T* const row = contiguous_row(x, offsets[1], copies[1]);
          T& r = inverse_deviations.as<T>()[offsets[2]];
          for_row_of(n, [&] { r = normalise(row, n, static_cast<T>(eps), y); });
          if (squares_left_range(r)) r = normalise_by_scale(row, n, static_cast<T>(eps), y);
          put_back(out, offsets[0], copies[0]);
        },
        out, x, inverse_deviations);
  });
}

void layer_norm_gradient(const View& gradient, const View& y, const View& inverse_deviations,
                         const View& out) {
  visit_floating_point("layer_norm_gradient", "cpu", y.dtype, [&]<class T>(T) {
    const int64_t n = line_along(out, out.dim - 1).size;
    for_each_line(
        out.dim - 1,
        [&](const int64_t* offsets) {
          std::vector<T> copies[3];
          T* const result = contiguous_row(out, offsets[0], copies[0]);
          const T* const g = contiguous_row(gradient, offsets[1], copies[1]);
          const T* const row = contiguous_row(y, offsets[2], copies[2]);
          const T r = inverse_deviations.as<const T>()[offsets[3]];
          for_row_of(n, [&] {
            const T count = static_cast<T>(n), mean = reduce_run<formulas::Add>(g, n, 1) / count;
            const T slope = sum_of_terms<T>(n, [&](int64_t i) { return g[i] * row[i]; }) / count;
#pragma GCC ivdep
            for (int64_t i = 0; i < n; ++i) result[i] = r * (g[i] - mean - row[i] * slope);
          });
          put_back(out, offsets[0], copies[0]);
        },
        out, gradient, y, inverse_deviations);
  });
}

}  // namespace

void layer_norm(Kernels& table) {
  table.layer_norm = layer_norm;
  table.layer_norm_gradient = layer_norm_gradient;
}

}  // namespace gradus::cpu
