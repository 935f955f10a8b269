// Matrix functions.
#include <cmath>

#include "op_list.h"

namespace gradus::test {
namespace {

// Singular value decomposition by one-sided Jacobi rotations, for m ≥ n. Pairs of columns of A are rotated until all
// columns are orthogonal. Then their lengths are S, their directions U, and the product of the rotations is V.
// Source: Golub and Van Loan, "Matrix Computations", 8.6.3.
struct Decomposition {
  Array u, s, v;
};

void rotate_columns(Array& x, int64_t p, int64_t q, double cosine, double sine) {
  for (int64_t row = 0; row < x.sizes[0]; ++row) {
    const double a = x({row, p}), b = x({row, q});
    x({row, p}) = cosine * a - sine * b;
    x({row, q}) = sine * a + cosine * b;
  }
}

double inner(const Array& x, int64_t p, int64_t q) {
  double sum = 0;
  for (int64_t row = 0; row < x.sizes[0]; ++row) sum += x({row, p}) * x({row, q});
  return sum;
}

Decomposition jacobi(Array a) {
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

Array transposed(const Array& x) {
  return build({x.sizes[1], x.sizes[0]}, [&](const Index& i) { return x({i[1], i[0]}); });
}

/// The signs of a pair of singular vectors are arbitrary. Here U's first row is positive.
Decomposition decompose(const Array& a) {
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

Arrays svd_reference(const Array& a) {
  const Decomposition d = decompose(a);
  return {d.u, d.s, d.v};
}

// ---- Plain references --------------------------------------------------------------------------------------------

Array times(const Array& a, const Array& b) {
  return build({a.sizes[0], b.sizes[1]}, [&](const Index& i) {
    double sum = 0;
    for (int64_t k = 0; k < a.sizes[1]; ++k) sum += a({i[0], k}) * b({k, i[1]});
    return sum;
  });
}

Array identity(int64_t n) {
  return build({n, n}, [](const Index& i) { return i[0] == i[1] ? 1.0 : 0.0; });
}

/// X with A X = B, by Gauss-Jordan elimination. The inputs of the tests need no pivoting.
Array eliminate(Array a, Array b) {
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
double determinant(const Array& a) {
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
Arrays gram_schmidt(const Array& a) {
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

Array cholesky_reference(const Array& a) {
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
Array gram_matrix(const Array& a) {
  Array g = times(transposed(a), a);
  for (int64_t i = 0; i < g.sizes[0]; ++i) g({i, i}) += 1;
  return g;
}

/// For a positive definite A the singular values are the eigenvalues, and U = V. Here they are ascending, and
/// V's first row is positive.
Arrays eigh_reference(const Array& a) {
  const Decomposition d = decompose(a);
  const int64_t n = a.sizes[0];
  return {build({n}, [&](const Index& i) { return d.s({n - 1 - i[0]}); }), build({n, n}, [&](const Index& i) {
            return d.u({i[0], n - 1 - i[1]});
          })};
}

/// (Aᵀ A)⁻¹ Aᵀ. For a wide A it is the transpose of the pseudoinverse of Aᵀ.
Array pseudoinverse(const Array& a) {
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

Array number(double x) { return {{}, {x}}; }

/// Applies f to the list of all singular values of a matrix.
template <class F>
Reference of_singular_values(F f) {
  return of_matrices([f](const Array& a) { return number(f(decompose(a).s.values)); });
}

// ---- Calls whose results do not depend on arbitrary signs ----------------------------------------------------------

Tensor mT(const Tensor& x) { return x.transpose(-2, -1); }

std::tuple<Tensor, Tensor, Tensor> svd_with_signs(const Tensor& a) {
  const auto [U, S, V] = svd(a);
  const Tensor signs = sign(U.narrow(-2, 0, 1)).detach();
  return {U * signs, S, V * signs};
}

/// The first k columns of the full matrices. The others are not unique.
std::tuple<Tensor, Tensor, Tensor> full_svd_with_signs(const Tensor& a) {
  const auto [U, S, Vh] = linalg::svd(a);
  const int64_t k = S.size(-1);
  const Tensor signs = sign(U.narrow(-2, 0, 1).narrow(-1, 0, k)).detach();
  return {U.narrow(-1, 0, k) * signs, S, mT(Vh.narrow(-2, 0, k)) * signs};
}

std::tuple<Tensor, Tensor> with_positive_diagonal(const std::tuple<Tensor, Tensor>& qr) {
  const auto [Q, R] = qr;
  const Tensor signs = sign(R.diagonal(0, -2, -1)).detach();
  return {Q * signs.unsqueeze(-2), R * signs.unsqueeze(-1)};
}

Tensor gram_matrix_of(const Tensor& a) { return matmul(mT(a), a) + eye(a.size(-1), a.options()); }

std::tuple<Tensor, Tensor> eigh_with_signs(const Tensor& a, const char* half) {
  const auto [w, V] = linalg::eigh(gram_matrix_of(a), half);
  return {w, V * sign(V.narrow(-2, 0, 1)).detach()};
}

// ---- Entries -----------------------------------------------------------------------------------------------------

bool has_svd(const Kernels& kernels) { return kernels.svd != nullptr; }
bool has_qr(const Kernels& kernels) { return kernels.qr != nullptr; }
bool has_eigh(const Kernels& kernels) { return kernels.eigh != nullptr; }

bool has_lu(const Kernels& kernels) { return kernels.lu != nullptr; }

using Shapes = std::vector<std::pair<const char*, Sizes>>;
Shapes any_shape() { return {{"", {3, 3}}, {".tall", {4, 3}}, {".wide", {2, 4}}, {".batch", {2, 3, 2}}}; }
Shapes square_ones() { return {{"", {3, 3}}, {".batch", {2, 3, 3}}}; }

/// One entry for each shape of A.
void add(std::vector<Op>& ops, const std::string& name, const Shapes& shapes,
         bool (*available)(const Kernels&), const Call& call, const Reference& reference) {
  for (const auto& [shape, sizes] : shapes)
    ops.push_back({.name = name + shape,
                   .inputs = {spread_matrix(sizes)},
                   .call = call,
                   .reference = reference,
                   .available = available});
}

std::vector<Op> diagonals() {
  return {
      {.name = "diag",
       .inputs = {any({3})},
       .call = [](Inputs x) { return diag(x[0]); },
       .reference =
           [](const Arrays& x) {
             return build({3, 3}, [&](const Index& i) { return i[0] == i[1] ? x[0]({i[0]}) : 0; });
           }},
      {.name = "diag.below",
       .inputs = {any({3})},
       .call = [](Inputs x) { return diag(x[0], -1); },
       .reference =
           [](const Arrays& x) {
             return build({4, 4}, [&](const Index& i) { return i[0] == i[1] + 1 ? x[0]({i[1]}) : 0; });
           }},
      {.name = "diag.of_matrix",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return diag(x[0], 1); },
       .reference =
           [](const Arrays& x) {
             return build({3}, [&](const Index& i) { return x[0]({i[0], i[0] + 1}); });
           }},
      {.name = "trace",
       .inputs = {any({3, 4})},
       .call = [](Inputs x) { return trace(x[0]); },
       .reference =
           [](const Arrays& x) {
             return Array{{}, {x[0]({0, 0}) + x[0]({1, 1}) + x[0]({2, 2})}};
           }},
  };
}

std::vector<Op> factorisations() {
  std::vector<Op> ops;
  add(
      ops, "svd", any_shape(), has_svd, [](Inputs x) { return svd_with_signs(x[0]); },
      of_matrices(svd_reference));
  add(
      ops, "linalg_svd", any_shape(), has_svd, [](Inputs x) { return full_svd_with_signs(x[0]); },
      of_matrices(svd_reference));
  add(
      ops, "linalg_svdvals", any_shape(), has_svd, [](Inputs x) { return linalg::svdvals(x[0]); },
      of_matrices([](const Array& a) { return svd_reference(a)[1]; }));
  add(
      ops, "linalg_qr", any_shape(), has_qr,
      [](Inputs x) { return with_positive_diagonal(linalg::qr(x[0])); }, of_matrices(gram_schmidt));
  add(
      ops, "linalg_qr.r", any_shape(), has_qr,
      [](Inputs x) { return square(std::get<1>(linalg::qr(x[0], "r"))); }, of_matrices([](const Array& a) {
        const Array r = gram_schmidt(a)[1];
        return build(r.sizes, [&](const Index& i) { return r(i) * r(i); });
      }));
  add(
      ops, "qr", square_ones(), has_qr, [](Inputs x) { return with_positive_diagonal(qr(x[0])); },
      of_matrices(gram_schmidt));
  const auto eigh_of_gram_matrix = of_matrices([](const Array& a) { return eigh_reference(gram_matrix(a)); });
  add(
      ops, "linalg_eigh", square_ones(), has_eigh, [](Inputs x) { return eigh_with_signs(x[0], "L"); },
      eigh_of_gram_matrix);
  add(
      ops, "linalg_eigh.upper", square_ones(), has_eigh, [](Inputs x) { return eigh_with_signs(x[0], "U"); },
      eigh_of_gram_matrix);
  add(
      ops, "linalg_eigvalsh", square_ones(), has_eigh,
      [](Inputs x) { return linalg::eigvalsh(gram_matrix_of(x[0])); },
      of_matrices([](const Array& a) { return eigh_reference(gram_matrix(a))[0]; }));
  add(
      ops, "linalg_cholesky", square_ones(), has_lu,
      [](Inputs x) { return linalg::cholesky(gram_matrix_of(x[0])); },
      of_matrices([](const Array& a) { return cholesky_reference(gram_matrix(a)); }));
  add(
      ops, "cholesky.upper", square_ones(), has_lu,
      [](Inputs x) { return cholesky(gram_matrix_of(x[0]), true); },
      of_matrices([](const Array& a) { return transposed(cholesky_reference(gram_matrix(a))); }));
  return ops;
}

std::vector<Op> inverses_and_determinants() {
  std::vector<Op> ops;
  const auto inverse_reference =
      of_matrices([](const Array& a) { return eliminate(a, identity(a.sizes[0])); });
  const auto det_reference = of_matrices([](const Array& a) { return number(determinant(a)); });
  const auto slogdet_reference =
      of_matrices([](const Array& a) { return number(std::log(std::fabs(determinant(a)))); });
  add(
      ops, "linalg_inv", square_ones(), has_lu, [](Inputs x) { return linalg::inv(x[0]); },
      inverse_reference);
  add(
      ops, "inverse", square_ones(), has_lu, [](Inputs x) { return inverse(x[0]); }, inverse_reference);
  add(
      ops, "linalg_det", square_ones(), has_lu, [](Inputs x) { return linalg::det(x[0]); }, det_reference);
  add(
      ops, "linalg_slogdet", square_ones(), has_lu,
      [](Inputs x) { return std::get<1>(linalg::slogdet(x[0])); }, slogdet_reference);
  add(
      ops, "slogdet", square_ones(), has_lu, [](Inputs x) { return std::get<1>(slogdet(-x[0])); },
      slogdet_reference);
  add(
      ops, "linalg_pinv", any_shape(), has_svd, [](Inputs x) { return linalg::pinv(x[0]); },
      of_matrices(pseudoinverse));
  // Matrices of rank 2: a row that is twice another; two equal singular values and a zero; a batch with
  // a regular matrix.
  const std::vector<double> dependent = {1, 2, 3, 2, 4, 6, 1, 0, 1}, projection = {1, 0, 0, 0, 1, 0, 0, 0, 0},
                            regular = {2, 0, 1, 0, 3, 0, 1, 0, 1};
  std::vector<double> both = dependent;
  both.insert(both.end(), regular.begin(), regular.end());
  const std::tuple<const char*, Sizes, std::vector<double>> singular[] = {
      {"det.rank_2", {3, 3}, dependent},
      {"det.projection", {3, 3}, projection},
      {"det.some_singular", {2, 3, 3}, both}};
  for (const auto& [name, sizes, values] : singular)
    ops.push_back(
        {.name = name,
         .inputs = {exactly(sizes, values)},
         .call = [](Inputs x) { return det(x[0]); },
         .reference = det_reference,
         .eps =
             1e-2,  // with smaller steps the rule's A⁻¹ loses digits; for polynomials of degree 2 any step is exact
         .available = [](const Kernels& kernels) { return has_lu(kernels) && has_svd(kernels); }});
  return ops;
}

std::vector<Op> equations() {
  const auto lower = [](const Array& a) {
    return build(a.sizes, [&](const Index& i) { return i[0] >= i[1] ? a(i) : 0; });
  };
  const auto unit_upper = [](const Array& a) {
    return build(a.sizes, [&](const Index& i) { return i[0] < i[1] ? a(i) : i[0] == i[1]; });
  };
  return {
      {.name = "linalg_solve",
       .inputs = {spread_matrix({3, 3}), any({3, 2})},
       .call = [](Inputs x) { return linalg::solve(x[0], x[1]); },
       .reference = of_matrices(eliminate),
       .available = has_lu},
      {.name = "linalg_solve.batch",
       .inputs = {spread_matrix({2, 3, 3}), any({2, 3, 1})},
       .call = [](Inputs x) { return linalg::solve(x[0], x[1]); },
       .reference = of_matrices(eliminate),
       .available = has_lu},
      {.name = "linalg_solve.broadcast",
       .inputs = {spread_matrix({3, 3}), any({2, 3, 2})},
       .call = [](Inputs x) { return linalg::solve(x[0], x[1]); },
       .reference =
           [](const Arrays& x) {
             return of_matrices(eliminate)({expanded(x[0], {2, 3, 3}), x[1]});
           },
       .available = has_lu},
      {.name = "linalg_solve.vector",
       .inputs = {spread_matrix({3, 3}), any({3})},
       .call = [](Inputs x) { return linalg::solve(x[0], x[1]); },
       .reference =
           [](const Arrays& x) {
             return Array{{3}, eliminate(x[0], {{3, 1}, x[1].values}).values};
           },
       .available = has_lu},
      {.name = "linalg_solve.from_the_right",
       .inputs = {spread_matrix({3, 3}), any({2, 3})},
       .call = [](Inputs x) { return linalg::solve(x[0], x[1], /*left=*/false); },
       .reference = of_matrices([](const Array& a, const Array& b) {
         return transposed(eliminate(transposed(a), transposed(b)));
       }),
       .available = has_lu},
      {.name = "linalg_solve_triangular",
       .inputs = {spread_matrix({2, 3, 3}), any({2, 3, 2})},
       .call = [](Inputs x) { return linalg::solve_triangular(x[0], x[1], /*upper=*/false); },
       .reference = of_matrices([=](const Array& a, const Array& b) { return eliminate(lower(a), b); }),
       .available = has_lu},
      {.name = "linalg_solve_triangular.unit_upper_from_the_right",
       .inputs = {spread_matrix({3, 3}), any({2, 3})},
       .call =
           [](Inputs x) {
             return linalg::solve_triangular(x[0], x[1], /*upper=*/true, /*left=*/false,
                                             /*unitriangular=*/true);
           },
       .reference = of_matrices([=](const Array& a, const Array& b) {
         return transposed(eliminate(transposed(unit_upper(a)), transposed(b)));
       }),
       .available = has_lu},
  };
}

std::vector<Op> norms() {
  std::vector<Op> ops;
  const auto euclidean = [](const std::vector<double>& x) {
    return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
  };
  const auto frobenius = of_matrices([=](const Array& a) { return number(euclidean(a.values)); });
  const auto nuclear = of_singular_values(
      [](const std::vector<double>& s) { return std::accumulate(s.begin(), s.end(), 0.0); });
  // The largest or smallest sum of |a| over `dim`.
  const auto extreme_sum = [](int64_t dim, bool largest) {
    return of_matrices([=](const Array& a) {
      const Array sums = reduced(a, {dim}, false, [](const std::vector<double>& line) {
        return std::accumulate(line.begin(), line.end(), 0.0,
                               [](double sum, double x) { return sum + std::fabs(x); });
      });
      const auto [low, high] = std::minmax_element(sums.values.begin(), sums.values.end());
      return number(largest ? *high : *low);
    });
  };
  const auto of_order = [](const Scalar& order) {
    return [order](Inputs x) { return linalg::matrix_norm(x[0], order); };
  };
  add(
      ops, "linalg_matrix_norm.fro", any_shape(), has_lu, [](Inputs x) { return linalg::matrix_norm(x[0]); },
      frobenius);
  add(
      ops, "linalg_matrix_norm.nuc", any_shape(), has_svd,
      [](Inputs x) { return linalg::matrix_norm(x[0], "nuc"); }, nuclear);
  add(ops, "linalg_matrix_norm.2", any_shape(), has_svd, of_order(2),
      of_singular_values([](const std::vector<double>& s) { return s.front(); }));
  add(ops, "linalg_matrix_norm.smallest_2", any_shape(), has_svd, of_order(-2),
      of_singular_values([](const std::vector<double>& s) { return s.back(); }));
  add(ops, "linalg_matrix_norm.1", any_shape(), has_lu, of_order(1), extreme_sum(0, true));
  add(ops, "linalg_matrix_norm.inf", any_shape(), has_lu, of_order(INFINITY), extreme_sum(1, true));
  add(ops, "linalg_matrix_norm.smallest_inf", any_shape(), has_lu, of_order(-INFINITY),
      extreme_sum(1, false));
  add(
      ops, "linalg_norm.nuc", {{"", {3, 2}}}, has_svd, [](Inputs x) { return linalg::norm(x[0], "nuc"); },
      nuclear);
  add(
      ops, "linalg_norm", {{"", {3, 2}}}, has_lu, [](Inputs x) { return linalg::norm(x[0]); }, frobenius);
  add(
      ops, "linalg_vector_norm", {{"", {3, 2}}}, has_lu,
      [](Inputs x) { return linalg::vector_norm(x[0], 3, 0); },
      [](const Arrays& x) {
        return reduced(x[0], {0}, false, [](const std::vector<double>& line) {
          double sum = 0;
          for (const double a : line) sum += std::pow(std::fabs(a), 3);
          return std::cbrt(sum);
        });
      });
  return ops;
}

}  // namespace

std::vector<Op> linalg_ops() {
  std::vector<Op> all;
  for (const auto& family : {diagonals, equations, inverses_and_determinants, factorisations, norms})
    for (Op& op : family()) all.push_back(std::move(op));
  return all;
}

}  // namespace gradus::test
