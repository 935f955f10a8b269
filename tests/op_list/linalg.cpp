// Matrix functions. linalg_reference.h has the plain functions that they are compared with.
#include <cmath>

#include "linalg_reference.h"
#include "op_list.h"

namespace gradus::test {
namespace {

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

Tensor gram_matrix_of(const Tensor& a) { return matmul(mT(a), a) + gradus::eye(a.size(-1), a.options()); }

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
         // With smaller steps the rule's A⁻¹ loses digits. For polynomials of degree 2 any step is exact.
         .eps = 1e-2,
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
