// A = Q R by Householder's reflections. With the right v, the reflection H = 1 - 2 v vᵀ / |v|²
// turns a vector x into (β, 0, 0, …):
//
//     β = -sign(x₀) |x|      v = x - (β, 0, 0, …)
//
// Step k applies it to the rows from k on, with x = column k from there. So R = … H₁ H₀ A is upper
// triangular, and Q = H₀ H₁ … is orthogonal. The sign of β avoids cancellation in v₀ = x₀ - β. Each
// column of Q may change its sign together with its row of R; these signs are LAPACK's.
//
// Source: Golub & Van Loan, "Matrix computations" (2013), chapter 5.2.
#include <cmath>

#include "kernels/plain/matrix.h"
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

/// Writes the vector v for column k of `x`, from row k on, to column k of `v`. The column stays
/// zero if there is nothing to do.
template <class T>
void find_reflection(const Matrix<T>& x, int64_t k, const Matrix<T>& v) {
  const int64_t m = x.rows;
  T largest = 0;  // below the diagonal
  for (int64_t i = k + 1; i < m; ++i) largest = std::max(largest, std::abs(x(i, k)));
  if (largest == 0) return;
  // v may have any length. It is scaled, because squares of large numbers overflow.
  largest = std::max(largest, std::abs(x(k, k)));
  for (int64_t i = k; i < m; ++i) v(i, k) = x(i, k) / largest;
  const T length = std::sqrt(pairwise_sum(k, m, [&](int64_t i) { return v(i, k) * v(i, k); }));
  v(k, k) += std::copysign(length, v(k, k));
}

/// x := H x for the columns of x from `first` on:      xⱼ := xⱼ - 2 v (v·xⱼ) / |v|²
template <class T>
void reflect(const Matrix<T>& v, int64_t k, const Matrix<T>& x, int64_t first) {
  const int64_t m = x.rows;
  const T square = pairwise_sum(k, m, [&](int64_t i) { return v(i, k) * v(i, k); });
  if (square == 0) return;
  for (int64_t j = first; j < x.columns; ++j) {
    const T factor = 2 * pairwise_sum(k, m, [&](int64_t i) { return v(i, k) * x(i, j); }) / square;
    for (int64_t i = k; i < m; ++i) x(i, j) -= factor * v(i, k);
  }
}

template <class T>
void qr_of(const Matrix<const T>& a, const Matrix<T>& q, const Matrix<T>& r) {
  const int64_t m = a.rows, steps = std::min(m, a.columns);
  const OwnMatrix<T> upper(a), reflections(m, steps);
  for (int64_t k = 0; k < steps; ++k) {
    find_reflection(upper.matrix, k, reflections.matrix);
    reflect(reflections.matrix, k, upper.matrix, k);
  }
  for (int64_t i = 0; i < r.rows; ++i)
    for (int64_t j = 0; j < r.columns; ++j) r(i, j) = i <= j ? upper.matrix(i, j) : T(0);
  set_identity(q);
  for (int64_t k = steps - 1; k >= 0; --k) reflect(reflections.matrix, k, q, k);
}

void qr(const View& a, const View& q, const View& r) {
  visit_floating_point("qr", "cpu", a.dtype, [&]<class T>(T) {
    const auto one = [](Part<const T> a, Part<T> q, Part<T> r) {
      qr_of(Matrix<const T>(a), Matrix<T>(q), Matrix<T>(r));
    };
    for_each_part(a.dim - 2, one, Part<const T>(a), Part<T>(q), Part<T>(r));
  });
}

}  // namespace

void householder(Kernels& table) { table.qr = qr; }

}  // namespace gradus::plain
