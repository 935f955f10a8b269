// Factorisations of matrices. In the rules ∘ is the elementwise product. linalg.h names their sources.
#include "autograd/linalg/linalg.h"
#include "autograd/linalg/matrices.h"

namespace gradus {
namespace {

using autograd::AutogradContext;
using autograd::variable_list;

/// 1 / x, and 0 where x is 0. The inner where keeps 0 · ∞ out of the derivative.
Tensor reciprocal_or_zero(const Tensor& x) {
  const Tensor is_zero = eq(x, 0);
  return where(is_zero, 0, reciprocal(where(is_zero, 1, x)));
}

/// sum += term; an undefined sum is 0. A rule has a term for each output that has a gradient.
void add_to(Tensor& sum, const Tensor& term) { sum = sum.defined() ? sum + term : term; }

Tensor allocate_for(const Tensor& A, const Shape& shape) {
  return allocate(shape, A.dtype(), A.device().type());
}

// ---- Equal values -------------------------------------------------------------------------------
//
// Both rules below have the term
//
//   ½ (Rᵢⱼ - Rⱼᵢ) / (xⱼ - xᵢ),      R = Vᵀ V̄ for eigenvalues x, and Uᵀ Ū + Vᵀ V̄ for singular values x.
//
// If xᵢ = xⱼ, the two vectors may be rotated into each other by any angle. A function of A does not depend on this
// angle, so Rᵢⱼ = Rⱼᵢ and the term is 0 / 0. Its limit follows from R and x̄ in two cases:
//
//   no x̄ arrives      f uses the vectors alone, as U Vᵀ does. The numerator is 0 around A as well, and so is the limit.
//   x̄ᵢ = ρ Rᵢᵢ        with one ρ for all equal values. f uses U g(x) Vᵀ or V g(x) Vᵀ, for which ρ = g' / 2g: the
//                     difference quotient of g tends to g', and the limit is ½ ρ (Rᵢⱼ + Rⱼᵢ).
//
// In all other cases f has no derivative, or R and x̄ do not determine it. (An example is ln A at A = 1, where g = 0.)
// Then backward raises an Error.

/// The largest |x| of each matrix, (…, 1, 1).
Tensor largest_of(const Tensor& x) { return amax(abs(x), {-2, -1}, /*keepdim=*/true); }

/// The rounding error of a sum of n products, relative to the largest.
double rounding_of(const Tensor& x) {
  return 100 * static_cast<double>(x.size(-1)) * (x.dtype() == kFloat32 ? 0x1p-23 : 0x1p-52);
}

void fail_at_equal_values(const char* op, const Tensor& wrong) {
  check(!any_on_host(op, wrong), op,
        ": some values are equal up to rounding, or several are 0, and the gradient that arrived ",
        "depends on the choice of their vectors or does not determine the derivative. ",
        "Use functions of the values alone (svdvals, eigvalsh), or add a little noise to the matrix");
}

/// Bool (…, k, k): is xᵢ = xⱼ up to the error with which the kernels compute them? Values that are no more than such
/// an error themselves count as equal only if they are the same number.
Tensor are_equal(const Tensor& values) {
  const Tensor x = values.detach(), row = x.unsqueeze(-2), column = x.unsqueeze(-1), gap = abs(row - column);
  const Tensor error = largest_of(row) * (x.dtype() == kFloat32 ? 0x1p-19 : 0x1p-48);
  return le(gap, error) & (gt(abs(row) + abs(column), 4 * error) | eq(gap, 0));
}

/// The limits for the pairs (i, j) of equal values, 0 elsewhere. See above.
Tensor limits_at(const char* op, const Tensor& pairs, const Tensor& arrived, const Tensor& gx) {
  const Tensor largest = largest_of(arrived.detach());  // it drops out of the result
  const Tensor R = arrived.detach() / where(eq(largest, 0), 1, largest), sum = R + mT(R);
  const double rounding = rounding_of(R);
  fail_at_equal_values(op, pairs & gt(abs(R - mT(R)), rounding));
  if (!gx.defined()) return zeros_like(R);
  // By least squares ρ = Σ x̄ᵢ Rᵢᵢ / Σ Rᵢᵢ², over the equal values.
  const Tensor block = (pairs | eye(R.size(-1), pairs.options())).to(R.dtype());
  const Tensor x_bar = gx.detach().unsqueeze(-1), on_diagonal = diagonal(R, 0, -2, -1).unsqueeze(-1);
  const Tensor squares = matmul(block, square(on_diagonal)), is_known = gt(squares, rounding * rounding);
  const Tensor rho = where(is_known, matmul(block, x_bar * on_diagonal) / where(is_known, squares, 1), 0);
  const Tensor differs = gt(abs(x_bar - rho * on_diagonal), rounding * largest_of(x_bar));
  fail_at_equal_values(op, pairs & (differs | (logical_not(is_known) & gt(abs(sum), rounding))));
  return record(
      "limit", where(pairs, rho * sum / 2, 0), wrt(arrived, [op](const Tensor&) -> Tensor {
        fail(op,
             ": where values are equal, a function of them and of their vectors has no second derivative; "
             "add a little noise to the matrix");
      }));
}

/// ½ (Rᵢⱼ - Rⱼᵢ) / (xⱼ - xᵢ), 0 on the diagonal. `gx` is x̄, or undefined.
Tensor difference_quotients(const char* op, const Tensor& x, const Tensor& R, const Tensor& gx) {
  if (R.numel() == 0) return R;
  const Tensor equal = are_equal(x), gap = x.unsqueeze(-2) - x.unsqueeze(-1);
  const Tensor quotients = where(equal, 0, (R - mT(R)) / where(equal, 1, gap)) / 2;
  const Tensor pairs = equal & logical_not(eye(x.size(-1), equal.options()));
  return any_on_host(op, pairs) ? quotients + limits_at(op, pairs, R, gx) : quotients;
}

// ---- A = U S Vᵀ ---------------------------------------------------------------------------------

/// The first k columns, those of the reduced decomposition. The columns that full_matrices adds
/// are an arbitrary choice.
Tensor first_columns(const Tensor& x, int64_t k) {
  return !x.defined() || x.size(-1) == k ? x : x.narrow(-1, 0, k);
}

// For the reduced decomposition, k = min(m, n) (Townsend 2016): with P = Uᵀ Ū, Q = Vᵀ V̄, R = P + Q, and
// U⊥ U⊥ᵀ = I - U Uᵀ the projection onto the orthogonal complement of U's columns,
//
//   Ā = U [ S̄ + M ] Vᵀ      with Mᵢⱼ = ½ (Rᵢⱼ - Rⱼᵢ) / (sⱼ - sᵢ) + ½ (Pᵢⱼ - Pⱼᵢ - Qᵢⱼ + Qⱼᵢ) / (sⱼ + sᵢ)
//       + U⊥ U⊥ᵀ Ū S⁻¹ Vᵀ                    if m > k
//       + U S⁻¹ V̄ᵀ V⊥ V⊥ᵀ                    if n > k
//
// Townsend writes M with Fᵢⱼ = 1 / (sⱼ² - sᵢ²). Partial fractions have two advantages: nothing is squared, so M has A's
// range, and for equal values only one of the two terms is undefined.
struct Svd : autograd::Function<Svd> {
  static constexpr const char* name = "svd";

  static variable_list forward(AutogradContext* ctx, const Tensor& A, bool full_matrices) {
    const int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n);
    const Tensor U = allocate_for(A, with_matrix_shape(A, m, full_matrices ? m : k));
    const Tensor V = allocate_for(A, with_matrix_shape(A, n, full_matrices ? n : k));
    const Tensor S = allocate_for(A, with_vector_shape(A, k));
    kernels_of(A).svd(A.raw(), U.raw(), S.raw(), V.raw());
    ctx->save_for_backward({U, S, V});
    ctx->set_materialize_grads(false);
    return {U, S, V};
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor& S = saved[1];
    const int64_t k = S.size(-1);
    const Tensor U = first_columns(saved[0], k), gU = first_columns(gradients[0], k), gS = gradients[1],
                 V = first_columns(saved[2], k), gV = first_columns(gradients[2], k);
    Tensor gA;
    if (gS.defined()) add_to(gA, matmul(U * gS.unsqueeze(-2), mT(V)));
    if (!gU.defined() && !gV.defined()) return {gA, Tensor()};
    const Tensor none = zeros(with_matrix_shape(U, k, k), U.options());
    const Tensor P = gU.defined() ? matmul(mT(U), gU) : none, Q = gV.defined() ? matmul(mT(V), gV) : none;
    const Tensor M = difference_quotients(name, S, P + Q, gS) + quotients_of_sums(S, P - Q);
    add_to(gA, matmul(matmul(U, M), mT(V)));
    if (gU.defined() && U.size(-2) > k) add_to(gA, matmul(over_values(gU - matmul(U, P), S, gS), mT(V)));
    if (gV.defined() && V.size(-2) > k) add_to(gA, matmul(U, mT(over_values(gV - matmul(V, Q), S, gS))));
    return {gA, Tensor()};
  }

  /// ½ (Xᵢⱼ - Xⱼᵢ) / (sⱼ + sᵢ). If both values are 0, the numerator must be 0 too.
  static Tensor quotients_of_sums(const Tensor& S, const Tensor& X) {
    if (X.numel() == 0) return X;
    const Tensor twice = X - mT(X), sums = S.unsqueeze(-2) + S.unsqueeze(-1);
    fail_at_equal_values(name, eq(sums, 0) & gt(abs(twice), rounding_of(X) * largest_of(X)));
    return twice * reciprocal_or_zero(sums) / 2;
  }

  /// X S⁻¹. A column whose value is 0 must be unused: then X's column is 0, and so is the value's gradient.
  static Tensor over_values(const Tensor& X, const Tensor& S, const Tensor& gS) {
    const Tensor row = S.unsqueeze(-2), is_zero = eq(row, 0);
    if (X.numel() > 0 && any_on_host(name, is_zero)) {
      fail_at_equal_values(name, is_zero & gt(abs(X), rounding_of(X) * largest_of(X)));
      if (gS.defined()) fail_at_equal_values(name, is_zero & ne(gS.unsqueeze(-2), 0));
    }
    return X * reciprocal_or_zero(row);
  }
};

std::tuple<Tensor, Tensor, Tensor> decompose(const char* op, const Tensor& A, bool full_matrices) {
  check_matrix(op, A);
  require(op, A, kernels_of(A).svd);
  check_finite(op, A);
  const variable_list outputs = Svd::apply(A, full_matrices);
  return {outputs[0], outputs[1], outputs[2]};
}

// ---- A = V diag(w) Vᵀ ---------------------------------------------------------------------------

// Ā = V [ diag w̄ + M ] Vᵀ      with R = Vᵀ V̄, Mᵢⱼ = ½ (Rᵢⱼ - Rⱼᵢ) / (wⱼ - wᵢ), Mᵢᵢ = 0
//
// Giles (2008) has Rᵢⱼ in place of ½ (Rᵢⱼ - Rⱼᵢ). The symmetric part, which is left out here, adds an
// antisymmetric matrix to Ā. A symmetric change of A does not depend on it. Without it Ā is symmetric, as A is.
struct Eigh : autograd::Function<Eigh> {
  static constexpr const char* name = "linalg_eigh";

  static variable_list forward(AutogradContext* ctx, const Tensor& A) {
    const Tensor w = allocate_for(A, with_vector_shape(A, A.size(-1))), V = allocate_for(A, Shape(A.raw()));
    kernels_of(A).eigh(A.raw(), w.raw(), V.raw());
    ctx->save_for_backward({w, V});
    ctx->set_materialize_grads(false);
    return {w, V};
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &w = saved[0], &V = saved[1], &gw = gradients[0], &gV = gradients[1];
    Tensor gA;
    if (gw.defined()) add_to(gA, matmul(V * gw.unsqueeze(-2), mT(V)));
    if (gV.defined()) {
      const Tensor M = difference_quotients(name, w, matmul(mT(V), gV), gw);
      add_to(gA, matmul(matmul(V, M), mT(V)));
    }
    return {gA};
  }
};

// ---- A = Q R ------------------------------------------------------------------------------------

// For m ≥ n (Walter and Lehmann 2010): with M = R R̄ᵀ - Q̄ᵀ Q, and M' its lower triangle mirrored upwards,
//
//   Ā = (Q̄ + Q M') R⁻ᵀ.
struct Qr : autograd::Function<Qr> {
  static constexpr const char* name = "linalg_qr";

  static variable_list forward(AutogradContext* ctx, const Tensor& A, int64_t k) {
    const Tensor Q = allocate_for(A, with_matrix_shape(A, A.size(-2), k)),
                 R = allocate_for(A, with_matrix_shape(A, k, A.size(-1)));
    kernels_of(A).qr(A.raw(), Q.raw(), R.raw());
    ctx->save_for_backward({Q, R});
    return {Q, R};
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &Q = saved[0], &R = saved[1], &gQ = gradients[0], &gR = gradients[1];
    check(R.size(-2) == R.size(-1),
          "The QR decomposition is not differentiable when mode='complete' and nrows > ncols.");
    fail_where("linalg.qr", eq(diagonal(R, 0, -2, -1), 0), [](int64_t i) {
      return "column " + std::to_string(i) +
             " depends on the columns before it, where the decomposition has no derivative";
    });
    const Tensor M = matmul(R, mT(gR)) - matmul(mT(gQ), Q);
    const Tensor mirrored = tril(M) + mT(tril(M, -1));
    return {linalg::solve_triangular(mT(R), gQ + matmul(Q, mirrored), /*upper=*/false, /*left=*/false),
            Tensor()};
  }
};

// A wide A = (X Y) with X square: X = Q R determines Q, and Y = Q (Qᵀ Y). These are ops, so they give the gradient.
std::tuple<Tensor, Tensor> decompose_qr(const Tensor& A, bool complete) {
  const int64_t m = A.size(-2), n = A.size(-1);
  if (m >= n) {
    const variable_list outputs = Qr::apply(A, complete ? m : n);
    return {outputs[0], outputs[1]};
  }
  const auto [Q, R] = decompose_qr(A.narrow(-1, 0, m), complete);
  return {Q, cat({R, matmul(mT(Q), A.narrow(-1, m, n - m))}, -1)};
}

// ---- A = L Lᵀ -----------------------------------------------------------------------------------

// Ā = ½ L⁻ᵀ Φ L⁻¹      where Φ is the lower triangle of Lᵀ L̄, mirrored upwards (Murray 2016)
Tensor cholesky_of(const char* op, const Tensor& A) {
  check_square(op, A);
  require(op, A, kernels_of(A).cholesky);
  const Tensor L = allocate_for(A, Shape(A.raw()));
  kernels_of(A).cholesky(A.raw(), L.raw());
  fail_where(op, isnan(diagonal(L, 0, -2, -1)), [](int64_t order) {
    return "The factorization could not be completed because the input is not positive-definite "
           "(the leading minor of order " +
           std::to_string(order) + " is not positive-definite).";
  });
  return record("linalg_cholesky", L, wrt(A, saved(L), [](const Tensor& g, const Tensor& L) {
                  const Tensor P = matmul(mT(L), g), mirrored = tril(P) + mT(tril(P, -1));
                  const Tensor half = linalg::solve_triangular(L, mirrored, /*upper=*/false, /*left=*/false);
                  return linalg::solve_triangular(mT(L), half, /*upper=*/true) / 2;
                }));
}

}  // namespace

// A = U S Vᵀ      Ā: Townsend (2016), written out in linalg/factorisations.cpp
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& A) { return decompose("svd", A, false); }

// A = Q R         Ā = (Q̄ + Q M') R⁻ᵀ with M' the lower triangle of R R̄ᵀ - Q̄ᵀ Q, mirrored upwards
std::tuple<Tensor, Tensor> qr(const Tensor& A, bool some) {
  return linalg::qr(A, some ? "reduced" : "complete");
}

// A = L Lᵀ        Ā = ½ L⁻ᵀ Φ L⁻¹ with Φ the lower triangle of Lᵀ L̄, mirrored upwards
Tensor cholesky(const Tensor& A, bool upper) {
  return upper ? mT(cholesky_of("cholesky", mT(A))) : cholesky_of("cholesky", A);
}

namespace linalg {

Tensor cholesky(const Tensor& A) { return cholesky_of("linalg.cholesky", A); }

std::tuple<Tensor, Tensor> qr(const Tensor& A, std::string_view mode) {
  check_matrix("linalg.qr", A);
  check(mode == "reduced" || mode == "complete" || mode == "r", "qr received unrecognized mode '", mode,
        "' but expected one of 'reduced' (default), 'r', or 'complete'");
  require("linalg.qr", A, kernels_of(A).qr);
  const auto [Q, R] = decompose_qr(A, mode == "complete");
  return {mode == "r" ? empty({0}, A.options()) : Q, R};
}

// A = V diag(w) Vᵀ      Ā = V [ diag w̄ + M ] Vᵀ with R = Vᵀ V̄, Mᵢⱼ = ½ (Rᵢⱼ - Rⱼᵢ) / (wⱼ - wᵢ)
std::tuple<Tensor, Tensor> eigh(const Tensor& A, std::string_view UPLO) {
  check_square("linalg.eigh", A);
  check(UPLO == "L" || UPLO == "U", "Expected UPLO argument to be 'L' or 'U', but got ", UPLO);
  require("linalg.eigh", A, kernels_of(A).eigh);
  check_finite("linalg.eigh", A);
  const variable_list outputs = Eigh::apply(UPLO == "L" ? A : mT(A));
  return {outputs[0], outputs[1]};
}

// w of A = V diag(w) Vᵀ
Tensor eigvalsh(const Tensor& A, std::string_view UPLO) { return std::get<0>(eigh(A, UPLO)); }

std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& A, bool full_matrices,
                                       std::optional<std::string_view> driver) {
  check(driver.value_or("gesdd") == "gesdd", "linalg.svd: the only driver is gesdd, not ",
        driver.value_or(""));
  const auto [U, S, V] = decompose("linalg.svd", A, full_matrices);
  return {U, S, mT(V)};
}

// S of A = U S Vᵀ
Tensor svdvals(const Tensor& A, std::optional<std::string_view> driver) {
  return std::get<1>(svd(A, /*full_matrices=*/false, driver));
}

}  // namespace linalg
}  // namespace gradus
