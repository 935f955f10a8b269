// Eigenvalues of symmetric matrices, A = V diag(w) Vᵀ, and singular values of any matrix,
// A = U diag(S) Vᵀ, by Jacobi's methods. Both rotate two columns i and j at a time, by the angle that
// makes a matrix of two rows and columns diagonal:
//
//     ⎛ α  γ ⎞     ζ = (β - α) / 2γ     t = sign ζ / (|ζ| + √(1 + ζ²))     c = 1 / √(1 + t²)     s = c t
//     ⎝ γ  β ⎠     vᵢ, vⱼ := c vᵢ - s vⱼ, s vᵢ + c vⱼ
//
// A sweep rotates every pair once. The last sweeps double the number of correct digits each; 6 to 10
// sweeps are enough.
//
// Sources: Jacobi (1846); Hestenes, "Inversion of matrices by biorthogonalization" (1958); Demmel &
// Veselić, "Jacobi's method is more accurate than QR" (1992); Golub & Van Loan, "Matrix
// computations" (2013), chapter 8.5.
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/plain/matrix.h"
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

/// Rotates a pair of numbers by the angle for (α γ; γ β).
template <class T>
struct Rotation {
  T c, s;

  Rotation(T alpha, T beta, T gamma) {
    const T zeta = (beta - alpha) / (2 * gamma);
    const T t = std::copysign(T(1), zeta) / (std::abs(zeta) + std::hypot(T(1), zeta));
    c = 1 / std::sqrt(1 + t * t);
    s = c * t;
  }
  void operator()(T& a, T& b) const {
    const T before = a;
    a = c * before - s * b;
    b = s * before + c * b;
  }
  void columns(const Matrix<T>& x, int64_t i, int64_t j) const {
    for (int64_t k = 0; k < x.rows; ++k) (*this)(x(k, i), x(k, j));
  }
};

/// Sweeps over all pairs of n columns until a whole sweep rotates none. rotate(i, j) says
/// whether it did.
template <class Rotate>
void sweep(int64_t n, const Rotate& rotate) {
  constexpr int most = 60;
  bool rotated = true;
  for (int number = 0; rotated && number < most; ++number) {
    rotated = false;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = i + 1; j < n; ++j) rotated |= rotate(i, j);
  }
}

/// What the elements must be divided by so that the largest is 1 and no square overflows.
template <class T>
T scale_of(const Matrix<T>& x) {
  T largest = 0;
  for (int64_t i = 0; i < x.rows; ++i)
    for (int64_t j = 0; j < x.columns; ++j) largest = std::max(largest, std::abs(x(i, j)));
  return largest == 0 ? T(1) : largest;
}

template <class T>
void divide(const Matrix<T>& x, T divisor) {
  for (int64_t i = 0; i < x.rows; ++i)
    for (int64_t j = 0; j < x.columns; ++j) x(i, j) /= divisor;
}

/// 0 … n - 1, ordered so that value(place) ascends; equal ones keep their order.
template <class Value>
std::vector<int64_t> ascending(int64_t n, const Value& value) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::less(), value);
  return order;
}

// ---- A = V diag(w) Vᵀ ---------------------------------------------------------------------------

// W = Vᵀ A V is kept, with V orthogonal; at first V = 1. α, β and γ are wᵢᵢ, wⱼⱼ and wᵢⱼ: rotating
// columns i and j of W and V, and rows i and j of W, makes wᵢⱼ zero. When nothing is left off the
// diagonal, the diagonal of W is w.
template <class T>
void eigh_of(const Matrix<const T>& a, const Line<T>& values, const Matrix<T>& vectors) {
  constexpr T epsilon = std::numeric_limits<T>::epsilon();
  const int64_t n = a.rows;
  const OwnMatrix<T> own_w(n, n), own_v(n, n);
  const Matrix<T>&w = own_w.matrix, &v = own_v.matrix;
  for (int64_t i = 0; i < n; ++i)  // only the lower triangle of A is read
    for (int64_t j = 0; j <= i; ++j) w(i, j) = w(j, i) = a(i, j);
  const T scale = scale_of(w);
  divide(w, scale);
  set_identity(v);
  sweep(n, [&](int64_t i, int64_t j) {
    const T mean = std::sqrt(std::abs(w(i, i))) * std::sqrt(std::abs(w(j, j)));
    if (!(std::abs(w(i, j)) > epsilon * std::max(mean, epsilon))) return false;
    const Rotation<T> rotation(w(i, i), w(j, j), w(i, j));
    rotation.columns(w, i, j);
    rotation.columns(w.transposed(), i, j);
    w(i, j) = w(j, i) = 0;
    rotation.columns(v, i, j);
    return true;
  });
  const std::vector<int64_t> order = ascending(n, [&](int64_t j) { return w(j, j); });
  for (int64_t j = 0; j < n; ++j) {
    const int64_t from = order[static_cast<size_t>(j)];
    values[j] = w(from, from) * scale;
    for (int64_t i = 0; i < n; ++i) vectors(i, j) = v(i, from);
  }
}

// ---- A = U diag(S) Vᵀ ---------------------------------------------------------------------------

/// xᵢ · xⱼ, of two columns.
template <class T>
T dot(const Matrix<T>& x, int64_t i, int64_t j) {
  return pairwise_sum(0, x.rows, [&](int64_t k) { return x(k, i) * x(k, j); });
}

/// Extends the orthonormal columns 0 … first - 1 to a basis by Gram and Schmidt's method. A new
/// column starts as the unit vector that is farthest from the span of the others. Their part is
/// subtracted twice, because once leaves rounding errors.
template <class T>
void complete_basis(const Matrix<T>& u, int64_t first) {
  for (int64_t column = first; column < u.columns; ++column) {
    const auto rest = [&](int64_t i) {
      return 1 - pairwise_sum(0, column, [&](int64_t k) { return u(i, k) * u(i, k); });
    };
    int64_t best = 0;
    for (int64_t i = 1; i < u.rows; ++i)
      if (rest(i) > rest(best)) best = i;
    for (int64_t i = 0; i < u.rows; ++i) u(i, column) = i == best ? T(1) : T(0);
    for (int time = 0; time < 2; ++time)
      for (int64_t k = 0; k < column; ++k) {
        const T part = dot(u, k, column);
        for (int64_t i = 0; i < u.rows; ++i) u(i, column) -= part * u(i, k);
      }
    const T length = std::sqrt(dot(u, column, column));
    for (int64_t i = 0; i < u.rows; ++i) u(i, column) /= length;
  }
}

// W = A V is kept, with V orthogonal. α, β and γ are |wᵢ|², |wⱼ|² and wᵢ·wⱼ: rotating columns i and j
// of W and V makes them orthogonal. When all pairs are, the columns of W are uᵢ sᵢ. A wide matrix is
// transposed: Aᵀ = V diag(S) Uᵀ.
template <class T>
void svd_of(const Matrix<const T>& a, const Matrix<T>& u, const Line<T>& s, const Matrix<T>& v) {
  if (a.rows < a.columns) return svd_of(a.transposed(), v, s, u);
  constexpr T epsilon = std::numeric_limits<T>::epsilon();
  const int64_t m = a.rows, n = a.columns;
  const OwnMatrix<T> own_w(a), own_v(n, n);
  const Matrix<T>&w = own_w.matrix, &rotated = own_v.matrix;
  const T scale = scale_of(w), tolerance = epsilon * std::sqrt(static_cast<T>(m));
  divide(w, scale);
  set_identity(rotated);
  sweep(n, [&](int64_t i, int64_t j) {
    const T alpha = dot(w, i, i), beta = dot(w, j, j), gamma = dot(w, i, j);
    if (!(std::abs(gamma) > tolerance * std::sqrt(alpha) * std::sqrt(beta))) return false;
    const Rotation<T> rotation(alpha, beta, gamma);
    rotation.columns(w, i, j);
    rotation.columns(rotated, i, j);
    return true;
  });
  std::vector<T> lengths(static_cast<size_t>(n));
  for (int64_t j = 0; j < n; ++j) lengths[static_cast<size_t>(j)] = std::sqrt(dot(w, j, j));
  const std::vector<int64_t> order =
      ascending(n, [&](int64_t j) { return -lengths[static_cast<size_t>(j)]; });
  int64_t rank = 0;  // columns with a direction; a column of zeros has none
  for (int64_t j = 0; j < n; ++j) {
    const int64_t from = order[static_cast<size_t>(j)];
    const T length = lengths[static_cast<size_t>(from)];
    s[j] = length * scale;
    for (int64_t i = 0; i < n; ++i) v(i, j) = rotated(i, from);
    if (!(length > epsilon * epsilon)) continue;
    for (int64_t i = 0; i < m; ++i) u(i, j) = w(i, from) / length;
    ++rank;
  }
  complete_basis(u, rank);
}

void eigh(const View& a, const View& values, const View& vectors) {
  visit_floating_point("eigh", "cpu", a.dtype, [&]<class T>(T) {
    const auto one = [](Part<const T> a, Part<T> values, Part<T> vectors) {
      eigh_of(Matrix<const T>(a), Line<T>(values), Matrix<T>(vectors));
    };
    for_each_part(a.dim - 2, one, Part<const T>(a), Part<T>(values), Part<T>(vectors));
  });
}

void svd(const View& a, const View& u, const View& s, const View& v) {
  visit_floating_point("svd", "cpu", a.dtype, [&]<class T>(T) {
    const auto one = [](Part<const T> a, Part<T> u, Part<T> s, Part<T> v) {
      svd_of(Matrix<const T>(a), Matrix<T>(u), Line<T>(s), Matrix<T>(v));
    };
    for_each_part(a.dim - 2, one, Part<const T>(a), Part<T>(u), Part<T>(s), Part<T>(v));
  });
}

}  // namespace

void jacobi(Kernels& table) {
  table.eigh = eigh;
  table.svd = svd;
}

}  // namespace gradus::plain
