// Functions of whole rows, the lines along the last dimension: softmax and its logarithm,
// cross-entropy, layer normalisation, and the gradients of all of them.
#include "kernels/math.h"
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

/// maxᵢ xᵢ, which is NaN if any element is.
template <class T>
T largest_of(const Line<const T>& x) {
  T largest = -std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < x.size; ++i)
    if (x[i] > largest || x[i] != x[i]) largest = x[i];
  return largest;
}

// ---- Softmax ------------------------------------------------------------------------------------
//
//     yᵢ = e^(xᵢ - m) / Σⱼ e^(xⱼ - m)      m = maxⱼ xⱼ
//
// Subtracting m changes nothing in exact arithmetic. It keeps every exponential in [0, 1],
// so that none overflows.

/// Σⱼ e^(xⱼ - m)
template <class T>
T sum_of_exponentials(const Line<const T>& x, T m) {
  return pairwise_sum(0, x.size, [&](int64_t j) { return math::exp(x[j] - m); });
}

void softmax(const View& x, const View& out) {
  visit_floating_point("softmax", "cpu", x.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> y, Line<const T> x) {
          const T m = largest_of(x), sum = sum_of_exponentials(x, m);
          for (int64_t i = 0; i < x.size; ++i) y[i] = math::exp(x[i] - m) / sum;
        },
        Rows<T>(out), Rows<const T>(x));
  });
}

// x̄ᵢ = yᵢ (ȳᵢ - Σⱼ ȳⱼ yⱼ)
void softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("softmax_gradient", "cpu", y.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> result, Line<const T> g, Line<const T> y) {
          const T mean = dot(g, y);
          for (int64_t i = 0; i < y.size; ++i) result[i] = y[i] * (g[i] - mean);
        },
        Rows<T>(out), Rows<const T>(gradient), Rows<const T>(y));
  });
}

// yᵢ = xᵢ - m - log Σⱼ e^(xⱼ - m): no logarithm of a softmax that has been rounded to 0.
void log_softmax(const View& x, const View& out) {
  visit_floating_point("log_softmax", "cpu", x.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> y, Line<const T> x) {
          const T m = largest_of(x), log_sum = math::log(sum_of_exponentials(x, m));
          for (int64_t i = 0; i < x.size; ++i) y[i] = x[i] - m - log_sum;
        },
        Rows<T>(out), Rows<const T>(x));
  });
}

// x̄ᵢ = ȳᵢ - e^yᵢ Σⱼ ȳⱼ
void log_softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("log_softmax_gradient", "cpu", y.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> result, Line<const T> g, Line<const T> y) {
          const T sum = sum_of(g);
          for (int64_t i = 0; i < y.size; ++i) result[i] = g[i] - math::exp(y[i]) * sum;
        },
        Rows<T>(out), Rows<const T>(gradient), Rows<const T>(y));
  });
}

// ---- Cross-entropy ------------------------------------------------------------------------------

// loss = -log softmax(x)ₜ = m - xₜ + log Σⱼ e^(xⱼ - m)      with the target t
void cross_entropy(const View& x, const View& target, const View& losses) {
  visit_floating_point("cross_entropy", "cpu", x.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<const T> x, Line<const int64_t> t, Line<T> loss) {
          const T m = largest_of(x);
          loss[0] = m - x[t[0]] + math::log(sum_of_exponentials(x, m));
        },
        Rows<const T>(x), Rows<const int64_t>(target), Rows<T>(losses));
  });
}

// x̄ᵢ = ȳ (softmax(x)ᵢ - [i = t])
void cross_entropy_gradient(const View& gradient, const View& x, const View& target, const View& out) {
  visit_floating_point("cross_entropy_gradient", "cpu", x.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> result, Line<const T> g, Line<const T> x, Line<const int64_t> t) {
          const T m = largest_of(x), scale = g[0] / sum_of_exponentials(x, m);
          for (int64_t i = 0; i < x.size; ++i) result[i] = scale * math::exp(x[i] - m);
          result[t[0]] -= g[0];
        },
        Rows<T>(out), Rows<const T>(gradient), Rows<const T>(x), Rows<const int64_t>(target));
  });
}

// ---- Layer normalisation ------------------------------------------------------------------------
//
//     yᵢ = (xᵢ - μ) r      μ = mean x      r = 1 / √(mean (x - μ)² + ε)
//
// A row whose squares leave the range of T is rescaled first: see kernels/rescale.h.
//
// Source: Ba, Kiros & Hinton, "Layer normalization" (2016).

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

void rows(Kernels& table) {
  table.softmax = softmax;
  table.log_softmax = log_softmax;
  table.softmax_gradient = softmax_gradient;
  table.log_softmax_gradient = log_softmax_gradient;
  table.cross_entropy = cross_entropy;
  table.cross_entropy_gradient = cross_entropy_gradient;
  table.layer_norm = layer_norm;
  table.layer_norm_gradient = layer_norm_gradient;
}

}  // namespace gradus::plain
