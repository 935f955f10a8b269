// Functions of whole rows, the lines along the last dimension: softmax and its logarithm,
// cross-entropy, and the gradients of all of them.
#include <cmath>
#include <numbers>
#include <utility>

#include "kernels/math.h"
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

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

/// log Σⱼ e^(xⱼ - m) = log1p(r). r is the sum without the first of its terms that is 1, so it keeps all digits of a
/// sum near 1.
template <class T>
T log_sum_of_exponentials(const Line<const T>& x, T m) {
  bool is_first = true;
  return std::log1p(pairwise_sum(0, x.size, [&](int64_t j) {
    return x[j] - m == 0 && std::exchange(is_first, false) ? T(0) : math::exp(x[j] - m);
  }));
}

/// The element above `least`, of which a row has one at most; -1 if there is none.
template <class T>
int64_t place_above(T least, const Line<const T>& x) {
  for (int64_t k = 0; k < x.size; ++k)
    if (x[k] > least) return k;
  return -1;
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

// x̄ᵢ = yᵢ (dᵢ - Σⱼ dⱼ yⱼ)  with dᵢ = ȳᵢ - ȳₖ, which is the same for any k, since Σ yⱼ = 1. If some yₖ is above ½, that k
// is taken: then nothing cancels where yₖ is near 1.
void softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("softmax_gradient", "cpu", y.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> result, Line<const T> g, Line<const T> y) {
          const int64_t k = place_above(T(0.5), y);
          const T pivot = k < 0 ? 0 : g[k];
          const T mean = pairwise_sum(0, y.size, [&](int64_t j) { return (g[j] - pivot) * y[j]; });
          for (int64_t i = 0; i < y.size; ++i) result[i] = y[i] * (g[i] - pivot - mean);
        },
        Rows<T>(out), Rows<const T>(gradient), Rows<const T>(y));
  });
}

// yᵢ = xᵢ - m - log Σⱼ e^(xⱼ - m): no logarithm of a softmax that has been rounded to 0.
void log_softmax(const View& x, const View& out) {
  visit_floating_point("log_softmax", "cpu", x.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> y, Line<const T> x) {
          const T m = largest_of(x), log_sum = log_sum_of_exponentials(x, m);
          for (int64_t i = 0; i < x.size; ++i) y[i] = x[i] - m - log_sum;
        },
        Rows<T>(out), Rows<const T>(x));
  });
}

// x̄ᵢ = ȳᵢ - pᵢ Σⱼ ȳⱼ  with p = eʸ. If pₖ > ½ it is (1 - pₖ) ȳₖ - pₖ Σⱼ≠ₖ ȳⱼ for k, with all digits of 1 - pₖ.
void log_softmax_gradient(const View& gradient, const View& y, const View& out) {
  visit_floating_point("log_softmax_gradient", "cpu", y.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> result, Line<const T> g, Line<const T> y) {
          const int64_t k = place_above(-std::numbers::ln2_v<T>, y);
          const T others = pairwise_sum(0, g.size, [&](int64_t j) { return j == k ? 0 : g[j]; });
          const T sum = k < 0 ? others : others + g[k];
          for (int64_t i = 0; i < y.size; ++i) result[i] = g[i] - math::exp(y[i]) * sum;
          if (k >= 0) result[k] = -std::expm1(y[k]) * g[k] - math::exp(y[k]) * others;
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
          loss[0] = m - x[t[0]] + log_sum_of_exponentials(x, m);
        },
        Rows<const T>(x), Rows<const int64_t>(target), Rows<T>(losses));
  });
}

// x̄ᵢ = ȳ pᵢ  with p = softmax(x), but x̄ₜ = -ȳ Σⱼ≠ₜ pⱼ, which is ȳ (pₜ - 1) with all digits where pₜ is near 1.
void cross_entropy_gradient(const View& gradient, const View& x, const View& target, const View& out) {
  visit_floating_point("cross_entropy_gradient", "cpu", x.dtype, [&]<class T>(T) {
    for_each_line(
        [](Line<T> result, Line<const T> g, Line<const T> x, Line<const int64_t> t) {
          const T m = largest_of(x), scale = g[0] / sum_of_exponentials(x, m);
          for (int64_t i = 0; i < x.size; ++i) result[i] = i == t[0] ? 0 : scale * math::exp(x[i] - m);
          result[t[0]] = 0 - pairwise_sum(0, x.size, [&](int64_t j) { return result[j]; });
        },
        Rows<T>(out), Rows<const T>(gradient), Rows<const T>(x), Rows<const int64_t>(target));
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
}

}  // namespace gradus::plain
