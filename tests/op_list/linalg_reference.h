// Matrix functions by plain loops on doubles, which the entries of linalg.cpp are compared with.
#pragma once

#include <cmath>
#include <numeric>

#include "op_list.h"

namespace gradus::test {

// Singular value decomposition by one-sided Jacobi rotations, for m ≥ n. Pairs of columns of A are rotated until all
// columns are orthogonal. Then their lengths are S, their directions U, and the product of the rotations is V.
// Source: Golub and Van Loan, "Matrix Computations", 8.6.3.
struct Decomposition {
  Array u, s, v;
};

inline void rotate_columns(Array& x, int64_t p, int64_t q, double cosine, double sine) {
  for (int64_t row = 0; row < x.sizes[0]; ++row) {
    const double a = x({row, p}), b = x({row, q});
    x({row, p}) = cosine * a - sine * b;
    x({row, q}) = sine * a + cosine * b;
  }
}

inline double inner(const Array& x, int64_t p, int64_t q) {
  double sum = 0;
  for (int64_t row = 0; row < x.sizes[0]; ++row) sum += x({row, p}) * x({row, q});
  return sum;
}

inline Decomposition jacobi(Array a) {
  const int64_t n = a.sizes[1];
  Array v = build({n, n}, [](const Index& i) { return i[0] == i[1] ? 1.0 : 0.0; });
  for (int sweep = 0; sweep < 30; ++sweep)
    for (int64_t p = 0; p < n; ++p)
      for (int64_t q = p + 1; q < n; ++q) {
        const double off = inner(a, p, q);
        if (off == 0) continue;
        const double zeta = (inner(a, q, q) - inner(a, p, p)) / (2 * off);
        const double tangent = (zeta >= 0 ? 1 : -1) / (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
        const double cosine = 1 / std::sqrt(1 + tangent * tangent);
        rotate_columns(a, p, q, cosine, cosine * tangent);
        rotate_columns(v, p, q, cosine, cosine * tangent);
      }
  std::vector<int64_t> order(n);  // the columns by descending length
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t p, int64_t q) { return inner(a, p, p) > inner(a, q, q); });
  const auto length = [&](int64_t i) { return std::sqrt(inner(a, order[i], order[i])); };
  return {build(a.sizes,
                [&](const Index& i) {
                  return a({i[0], order[i[1]]}) / length(i[1]);
                }),
          build({n}, [&](const Index& i) { return length(i[0]); }), build({n, n}, [&](const Index& i) {
            return v({i[0], order[i[1]]});
          })};
}

inline Array transposed(const Array& x) {
  return build({x.sizes[1], x.sizes[0]}, [&](const Index& i) { return x({i[1], i[0]}); });
}

/// The signs of a pair of singular vectors are arbitrary. Here U's first row is positive.
inline Decomposition decompose(const Array& a) {
  const bool wide = a.sizes[0] < a.sizes[1];
  Decomposition d = jacobi(wide ? transposed(a) : a);
  if (wide) std::swap(d.u, d.v);
  for (int64_t column = 0; column < d.s.sizes[0]; ++column) {
    if (d.u({0, column}) > 0) continue;
    for (Array* vectors : {&d.u, &d.v})
      for (int64_t row = 0; row < vectors->sizes[0]; ++row) (*vectors)({row, column}) *= -1;
  }
  return d;
}

inline Arrays svd_reference(const Array& a) {
  const Decomposition d = decompose(a);
  return {d.u, d.s, d.v};
}

// ---- Plain references --------------------------------------------------------------------------------------------

inline Array times(const Array& a, const Array& b) {
  return build({a.sizes[0], b.sizes[1]}, [&](const Index& i) {
    double sum = 0;
    for (int64_t k = 0; k < a.sizes[1]; ++k) sum += a({i[0], k}) * b({k, i[1]});
    return sum;
  });
}

inline Array identity(int64_t n) {
  return build({n, n}, [](const Index& i) { return i[0] == i[1] ? 1.0 : 0.0; });
}

/// X with A X = B, by Gauss-Jordan elimination. The inputs of the tests need no pivoting.
inline Array eliminate(Array a, Array b) {
  const int64_t n = a.sizes[0], width = b.sizes[1];
  for (int64_t k = 0; k < n; ++k)
    for (int64_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = a({i, k}) / a({k, k});
      for (int64_t j = 0; j < n; ++j) a({i, j}) -= factor * a({k, j});
      for (int64_t j = 0; j < width; ++j) b({i, j}) -= factor * b({k, j});
    }
  return build(b.sizes, [&](const Index& i) { return b(i) / a({i[0], i[0]}); });
}

/// Laplace's expansion along the first row.
inline double determinant(const Array& a) {
  const int64_t n = a.sizes[0];
  if (n == 0) return 1;
  double sum = 0;
  for (int64_t column = 0; column < n; ++column) {
    const Array minor = build({n - 1, n - 1}, [&](const Index& i) {
      return a({i[0] + 1, i[1] + (i[1] >= column)});
    });
    sum += (column % 2 ? -1 : 1) * a({0, column}) * determinant(minor);
  }
  return sum;
}

/// QR by Gram and Schmidt: from each column of A subtract its projections on the columns of Q before it.
inline Arrays gram_schmidt(const Array& a) {
  const int64_t m = a.sizes[0], k = std::min(m, a.sizes[1]);
  Array q = build({m, k}, [&](const Index& i) { return a(i); });
  for (int64_t column = 0; column < k; ++column) {
    for (int64_t before = 0; before < column; ++before) {
      const double share = inner(q, before, column);
      for (int64_t row = 0; row < m; ++row) q({row, column}) -= share * q({row, before});
    }
    const double length = std::sqrt(inner(q, column, column));
    for (int64_t row = 0; row < m; ++row) q({row, column}) /= length;
  }
  return {q, times(transposed(q), a)};
}

inline Array cholesky_reference(const Array& a) {
  const int64_t n = a.sizes[0];
  Array l = build(a.sizes, [](const Index&) { return 0.0; });
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j) {
      double rest = a({i, j});
      for (int64_t k = 0; k < j; ++k) rest -= l({i, k}) * l({j, k});
      l({i, j}) = i == j ? std::sqrt(rest) : rest / l({j, j});
    }
  return l;
}

/// Aᵀ A + I: symmetric, positive definite.
inline Array gram_matrix(const Array& a) {
  Array g = times(transposed(a), a);
  for (int64_t i = 0; i < g.sizes[0]; ++i) g({i, i}) += 1;
  return g;
}

/// For a positive definite A the singular values are the eigenvalues, and U = V. Here they are ascending, and
/// V's first row is positive.
inline Arrays eigh_reference(const Array& a) {
  const Decomposition d = decompose(a);
  const int64_t n = a.sizes[0];
  return {build({n}, [&](const Index& i) { return d.s({n - 1 - i[0]}); }), build({n, n}, [&](const Index& i) {
            return d.u({i[0], n - 1 - i[1]});
          })};
}

/// (Aᵀ A)⁻¹ Aᵀ. For a wide A it is the transpose of the pseudoinverse of Aᵀ.
inline Array pseudoinverse(const Array& a) {
  if (a.sizes[0] < a.sizes[1]) return transposed(pseudoinverse(transposed(a)));
  return eliminate(times(transposed(a), a), transposed(a));
}

/// Applies f to every matrix in a batch. f takes as many arrays as there are inputs and returns one
/// array or several.
template <class F>
Reference of_matrices(F f) {
  return [f](const Arrays& x) {
    const Sizes batch(x[0].sizes.begin(), x[0].sizes.end() - 2);
    Arrays results;
    for (int64_t b = 0; b < count_of(batch); ++b) {
      const auto matrix = [&](size_t input) {
        const Sizes sizes(x[input].sizes.end() - 2, x[input].sizes.end());
        const auto begin = x[input].values.begin() + b * count_of(sizes);
        return Array{sizes, {begin, begin + count_of(sizes)}};
      };
      Arrays parts;
      if constexpr (std::is_invocable_r_v<Array, F, Array>)
        parts = {f(matrix(0))};
      else if constexpr (std::is_invocable_r_v<Array, F, Array, Array>)
        parts = {f(matrix(0), matrix(1))};
      else
        parts = f(matrix(0));
      results.resize(parts.size());
      for (size_t i = 0; i < parts.size(); ++i) {
        results[i].sizes = batch;
        results[i].sizes.insert(results[i].sizes.end(), parts[i].sizes.begin(), parts[i].sizes.end());
        results[i].values.insert(results[i].values.end(), parts[i].values.begin(), parts[i].values.end());
      }
    }
    return results;
  };
}

inline Array number(double x) { return {{}, {x}}; }

/// Applies f to the list of all singular values of a matrix.
template <class F>
Reference of_singular_values(F f) {
  return of_matrices([f](const Array& a) { return number(f(decompose(a).s.values)); });
}

}  // namespace gradus::test
