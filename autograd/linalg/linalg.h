// Linear algebra, as torch::linalg: the functions with no namespace of their own in libtorch are in ops.h.
//
// A is a matrix (…, m, n) or a batch of them, float32 or float64. Every function throws Error if A has fewer than two
// dimensions, is of another dtype, or is not square where it has to be. All have derivatives of every order.
//
// Functions of singular vectors, eigenvectors or Q and R are well defined only if they do not change with the factors'
// signs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "tensor/tensor.h"

namespace gradus::linalg {

// ---- linalg.cpp: equations, determinants, norms -------------------------------------------------

/// X with A X = B, or with X A = B if not `left`. A: (…, n, n); B: (…, n, k), or (…, n), a vector for each A. Leading
/// dimensions broadcast. Throws Error if an A is singular. Source: Giles, "Collected matrix derivative results for
/// forward and reverse mode algorithmic differentiation" (2008), as for inv and det.
Tensor solve(const Tensor& A, const Tensor& B, bool left = true);
/// The same for a triangular A, of which only that half is read; with `unitriangular` its diagonal counts as ones.
/// A: (…, n, n), B: (…, n, k). Unlike solve, an A with a zero on its diagonal gives infinities, as in libtorch.
Tensor solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left = true,
                        bool unitriangular = false);
/// A⁻¹. Throws Error if an A is singular.
Tensor inv(const Tensor& A);
/// The determinant of each A (…, n, n), shape (…). Its gradient is the matrix of cofactors, also where A is singular
/// (then by an svd); second derivatives are right where A's rank is n - 1 or n.
Tensor det(const Tensor& A);
/// (sign, ln |det A|), which neither overflows nor underflows; (0, -∞) if A is singular, where the gradient is an Error.
std::tuple<Tensor, Tensor> slogdet(const Tensor& A);
/// The pseudoinverse (…, n, m). Singular values up to rcond times the largest count as zero; in float32, where rounding
/// leaves 1e-7 of them, pass more than the default. The gradient holds as long as A's rank does not change. Source:
/// Golub and Pereyra, "The Differentiation of Pseudo-Inverses and Nonlinear Least Squares Problems …" (1973).
Tensor pinv(const Tensor& A, double rcond = 1e-15);

/// (Σ |x|ᵖ)^(1/p) over the dimensions `dim` (all if none are given), where p is `ord`; see norm in ops.h.
Tensor vector_norm(const Tensor& x, const Scalar& ord = 2, IntArrayRef dim = {}, bool keepdim = false,
                   std::optional<Dtype> dtype = {});
/// ord 1: the largest sum of |aᵢⱼ| in a column, ∞: in a row; 2: the largest singular value. Negative: the smallest.
Tensor matrix_norm(const Tensor& A, const Scalar& ord, IntArrayRef dim = {-2, -1}, bool keepdim = false,
                   std::optional<Dtype> dtype = {});
/// "fro": √Σ aᵢⱼ². "nuc": the sum of the singular values.
Tensor matrix_norm(const Tensor& A, std::string ord = "fro", IntArrayRef dim = {-2, -1}, bool keepdim = false,
                   std::optional<Dtype> dtype = {});
/// The Euclidean norm of all elements if there is no `ord`; else vector_norm over one
/// dimension, matrix_norm over two.
Tensor norm(const Tensor& x, const std::optional<Scalar>& ord = {}, IntArrayRef dim = {},
            bool keepdim = false, std::optional<Dtype> dtype = {});
Tensor norm(const Tensor& x, std::string ord, IntArrayRef dim = {}, bool keepdim = false,
            std::optional<Dtype> dtype = {});

// ---- factorisations.cpp -------------------------------------------------------------------------

/// A = L Lᵀ: L (…, n, n) lower triangular. A: symmetric and positive definite, or an Error; only its lower triangle is
/// read, and its gradient is symmetric. Source: Murray, "Differentiation of the Cholesky decomposition" (2016).
Tensor cholesky(const Tensor& A);
/// A = Q R: Q (…, m, k) with orthonormal columns, R (…, k, n) upper triangular. `mode`: "reduced", k = min(m, n);
/// "complete", k = m (its gradient is an Error if m > n); "r", where Q is empty. The gradient needs A's first k columns
/// to be linearly independent, or is an Error. Source: Walter and Lehmann, "Algorithmic Differentiation of Linear
/// Algebra Functions with Application in Optimum Experimental Design" (2010).
std::tuple<Tensor, Tensor> qr(const Tensor& A, std::string_view mode = "reduced");
/// A = V diag(w) Vᵀ for a symmetric A: (w, V), w (…, n) ascending, V (…, n, n) orthogonal. Only the lower ("L") or upper
/// ("U") triangle of A is read. Throws Error if A holds NaN or infinity. The gradient is symmetric; through V it needs
/// distinct eigenvalues: where two are equal, their term 1 / (wⱼ - wᵢ) is dropped. Source: Giles (2008).
std::tuple<Tensor, Tensor> eigh(const Tensor& A, std::string_view UPLO = "L");
Tensor eigvalsh(const Tensor& A, std::string_view UPLO = "L");
/// A = U diag(S) Vh: as svd in ops.h, but for V transposed, and U (…, m, m) and Vh (…, n, n) completed to bases of the
/// whole space if full_matrices. No gradient passes through what was added. `driver`: none but "gesdd".
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& A, bool full_matrices = true,
                                       std::optional<std::string_view> driver = {});
/// S alone.
Tensor svdvals(const Tensor& A, std::optional<std::string_view> driver = {});

}  // namespace gradus::linalg
