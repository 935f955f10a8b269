// Triangular factors of a matrix, A = L U and A = L Lᵀ, and systems with a triangular matrix,
// A X = B.
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/plain/matrix.h"
#include "kernels/plain/plain.h"
#include "kernels/plain/strided.h"

namespace gradus::plain {
namespace {

// A = L U with L's diagonal all ones, by elimination. Step k brings the largest element that is
// left in column k to the diagonal (pivoting, which keeps every |lᵢₖ| ≤ 1), and subtracts lᵢₖ times
// row k from each row i below:
//
//     lᵢₖ = aᵢₖ / aₖₖ      aᵢⱼ := aᵢⱼ - lᵢₖ aₖⱼ      for i, j > k
//
// L and U overwrite A. A column of zeros is left as it is; its zero on the diagonal says
// that A is singular.
template <class T>
void eliminate(const Matrix<T>& a, const Line<int64_t>& order) {
  const int64_t n = a.rows;
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i)
      if (std::abs(a(i, k)) > std::abs(a(pivot, k))) pivot = i;
    if (a(pivot, k) == 0) continue;
    if (pivot != k) {
      std::swap(order[k], order[pivot]);
      for (int64_t j = 0; j < n; ++j) std::swap(a(k, j), a(pivot, j));
    }
    for (int64_t i = k + 1; i < n; ++i) {
      a(i, k) /= a(k, k);
      for (int64_t j = k + 1; j < n; ++j) a(i, j) -= a(i, k) * a(k, j);
    }
  }
}

// A = L Lᵀ, column by column. Only the lower triangle of A is read.
//
//     lⱼⱼ = √(aⱼⱼ - Σₖ lⱼₖ²)      lᵢⱼ = (aᵢⱼ - Σₖ lᵢₖ lⱼₖ) / lⱼⱼ      over k < j, for i > j
template <class T>
void cholesky_of(const Matrix<const T>& a, const Matrix<T>& l) {
  const int64_t n = a.rows;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) l(i, j) = T(0);
  for (int64_t j = 0; j < n; ++j) {
    const auto rest = [&](int64_t i) {
      return a(i, j) - pairwise_sum(0, j, [&](int64_t k) { return l(i, k) * l(j, k); });
    };
    const T square = rest(j);
    if (!(square > 0)) {  // A is not positive definite; NaN says where it was noticed
      l(j, j) = std::numeric_limits<T>::quiet_NaN();
      return;
    }
    l(j, j) = std::sqrt(square);
    for (int64_t i = j + 1; i < n; ++i) l(i, j) = rest(i) / l(j, j);
  }
}

// Substitution, forwards for a lower triangle and backwards for an upper one:
//
//     xᵢ = (bᵢ - Σₖ aᵢₖ xₖ) / aᵢᵢ
//
// over the k whose xₖ is known already. The diagonal is not read if it is all ones.
template <class T>
void substitute(const Matrix<const T>& a, Triangle triangle, const Matrix<const T>& b, const Matrix<T>& x) {
  const int64_t n = a.rows;
  for (int64_t column = 0; column < x.columns; ++column)
    for (int64_t step = 0; step < n; ++step) {
      const int64_t i = triangle.upper ? n - 1 - step : step;
      const int64_t begin = triangle.upper ? i + 1 : 0, end = triangle.upper ? n : i;
      const T rest =
          b(i, column) - pairwise_sum(begin, end, [&](int64_t k) { return a(i, k) * x(k, column); });
      x(i, column) = triangle.unit ? rest : rest / a(i, i);
    }
}

void lu(const View& a, const View& lu, const View& permutation) {
  visit_floating_point("lu", "cpu", a.dtype, [&]<class T>(T) {
    const auto one = [](Part<const T> a, Part<T> lu, Part<int64_t> permutation) {
      assign(Matrix<T>(lu), Matrix<const T>(a));
      eliminate(Matrix<T>(lu), Line<int64_t>(permutation));
    };
    for_each_part(a.dim - 2, one, Part<const T>(a), Part<T>(lu), Part<int64_t>(permutation));
  });
}

void cholesky(const View& a, const View& l) {
  visit_floating_point("cholesky", "cpu", a.dtype, [&]<class T>(T) {
    const auto one = [](Part<const T> a, Part<T> l) { cholesky_of(Matrix<const T>(a), Matrix<T>(l)); };
    for_each_part(a.dim - 2, one, Part<const T>(a), Part<T>(l));
  });
}

void solve_triangular(const View& a, Triangle triangle, const View& b, const View& x) {
  visit_floating_point("solve_triangular", "cpu", a.dtype, [&]<class T>(T) {
    const auto one = [triangle](Part<const T> a, Part<const T> b, Part<T> x) {
      substitute(Matrix<const T>(a), triangle, Matrix<const T>(b), Matrix<T>(x));
    };
    for_each_part(a.dim - 2, one, Part<const T>(a), Part<const T>(b), Part<T>(x));
  });
}

}  // namespace

void triangular_factors(Kernels& table) {
  table.lu = lu;
  table.cholesky = cholesky;
  table.solve_triangular = solve_triangular;
}

}  // namespace gradus::plain
