// Layer normalisation of the lines along the last dimension, and its gradient.
//
//     yᵢ = (xᵢ - μ) r      μ = mean x      r = 1 / √(mean (x - μ)² + ε)
//
// A row whose squares leave the range of T is rescaled first: see kernels/rescale.h.
//
// Source: Ba, Kiros & Hinton, "Layer normalization" (2016).
#include <cmath>

#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"
#include "kernels/rescale.h"

namespace gradus::plain {
namespace {

/// Σᵢ xᵢ
template <class T>
T sum_of(const Line<const T>& x) {
  return pairwise_sum(0, x.size, [&](int64_t i) { return T(x[i]); });
}

/// Σᵢ aᵢ bᵢ
template <class T>
T dot(const Line<const T>& a, const Line<const T>& b) {
  return pairwise_sum(0, a.size, [&](int64_t i) { return a[i] * b[i]; });
}

/// Writes y. Returns r. `x` may be `y`.
template <class T>
T normalise(Line<const T> x, T eps, Line<T> y) {
  const T n = static_cast<T>(x.size), mean = sum_of(x) / n;
  for (int64_t i = 0; i < x.size; ++i) y[i] = x[i] - mean;
  const T r = 1 / std::sqrt(dot<T>(y, y) / n + eps);
  for (int64_t i = 0; i < x.size; ++i) y[i] *= r;
  return r;
}

void layer_norm(const View& x, double eps, const View& out, const View& inverse_deviations) {
  visit_floating_point("layer_norm", "cpu", x.dtype, [&]<class T>(T) {
    for_each_line(
        [eps = static_cast<T>(eps)](Line<T> y, Line<T> r, Line<const T> x) {
          r[0] = normalise(x, eps, y);
          if (squares_left_range(r[0]))
            r[0] = normalise_rescaled(x, x.size, eps, y,
                                      [&](T scaled_eps) { return normalise<T>(y, scaled_eps, y); });
        },
        Rows<T>(out), Rows<T>(inverse_deviations), Rows<const T>(x));
  });
}

// x̄ᵢ = r (ȳᵢ - mean ȳ - yᵢ mean (ȳ y)). The two subtractions remove what shifting and scaling the
// row would contribute: y does not depend on them.
void layer_norm_gradient(const View& gradient, const View& y, const View& inverse_deviations,
                         const View& out) {
  visit_floating_point("layer_norm_gradient", "cpu", y.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> result, Line<const T> g, Line<const T> y, Line<const T> r) {
          const T n = static_cast<T>(y.size), mean = sum_of(g) / n, slope = dot(g, y) / n;
          for (int64_t i = 0; i < y.size; ++i) result[i] = r[0] * (g[i] - mean - y[i] * slope);
        },
        Rows<T>(out), Rows<const T>(gradient), Rows<const T>(y), Rows<const T>(inverse_deviations));
  });
}

}  // namespace

void normalisation(Kernels& table) {
  table.layer_norm = layer_norm;
  table.layer_norm_gradient = layer_norm_gradient;
}

}  // namespace gradus::plain
