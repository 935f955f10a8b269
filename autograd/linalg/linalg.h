// Linear algebra, as torch::linalg. Functions that libtorch has outside this namespace are in tensor/functions.h.
//
// A is a matrix (…, m, n) or a batch of them, float32 or float64. Every function throws Error if A has fewer than two
// dimensions, is of another dtype, or is not square where it has to be. All have derivatives of every order.
//
// The signs of singular vectors, of eigenvectors and of Q's columns are arbitrary. A function of them has a
// well-defined gradient only if it does not depend on these signs.
//
// Vectors of equal values may also be rotated into each other. ("Equal" means up to the rounding errors of the values.)
// The gradients of svd and eigh are still right for functions that do not depend on the rotation:
//
//     functions of the values alone        They must treat equal values alike. Otherwise the gradient is one of several
//                                          subgradients.
//     functions of the vectors alone       For example U Vᵀ. Only these have second derivatives at equal values.
//     V g(w) Vᵀ and U g(S) Vᵀ              Unless g is 0 at the equal values.
//
// For all other functions the gradients of the factors do not determine the derivative, and backward throws Error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "tensor/tensor.h"

namespace gradus::linalg {

// ---- linalg.cpp: equations, determinants, norms -------------------------------------------------

/// Solves A X = B for X, or X A = B if not `left`. A: (…, n, n). B: (…, n, k), or (…, n): one vector for each A.
/// Leading dimensions broadcast. Throws Error if an A is singular. Source: Giles, "Collected matrix derivative
/// results for forward and reverse mode algorithmic differentiation" (2008), also for inv and det.
Tensor solve(const Tensor& A, const Tensor& B, bool left = true);
/// solve for a triangular A. Only the upper, or lower, triangle is read; with `unitriangular` the diagonal counts
/// as ones. A: (…, n, n). B: (…, n, k). A zero on the diagonal gives infinities, as in libtorch; it is no Error.
Tensor solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left = true,
                        bool unitriangular = false);
/// A⁻¹. Throws Error if an A is singular.
Tensor inv(const Tensor& A);
/// The determinant of each A (…, n, n), shape (…). The gradient is the matrix of cofactors; for a singular A it is
/// computed from an svd. Second derivatives are right if A's rank is n - 1 or n.
Tensor det(const Tensor& A);
/// (sign, ln |det A|), which neither overflows nor underflows. If A is singular, it is (0, -∞), and
/// backward is an Error.
std::tuple<Tensor, Tensor> slogdet(const Tensor& A);
/// The pseudoinverse (…, n, m). Singular values up to rcond times the largest count as zero. In float32 pass
/// a larger rcond: rounding errors are about 1e-7 of the largest. The gradient is right where A's rank does
/// not change. Source: Golub and Pereyra, "The Differentiation of Pseudo-Inverses and Nonlinear Least
/// Squares Problems …" (1973).
Tensor pinv(const Tensor& A, double rcond = 1e-15);

/// (Σ |x|ᵖ)^(1/p) over the dimensions `dim` (all if none are given), where p is `ord`;
/// see norm in tensor/functions.h.
Tensor vector_norm(const Tensor& x, const Scalar& ord = 2, IntArrayRef dim = {}, bool keepdim = false,
                   std::optional<Dtype> dtype = {});
/// ord 1: the largest sum of |aᵢⱼ| in a column. ∞: the largest in a row. 2: the largest singular value. With -1,
/// -∞ and -2 the smallest of these.
Tensor matrix_norm(const Tensor& A, const Scalar& ord, IntArrayRef dim = {-2, -1}, bool keepdim = false,
                   std::optional<Dtype> dtype = {});
/// "fro": √Σ aᵢⱼ². "nuc": the sum of the singular values.
Tensor matrix_norm(const Tensor& A, std::string ord = "fro", IntArrayRef dim = {-2, -1}, bool keepdim = false,
                   std::optional<Dtype> dtype = {});
/// Without `ord` the Euclidean norm over `dim` (all dimensions if none are given). With it, vector_norm over one
/// dimension or matrix_norm over two.
Tensor norm(const Tensor& x, const std::optional<Scalar>& ord = {}, IntArrayRef dim = {},
            bool keepdim = false, std::optional<Dtype> dtype = {});
Tensor norm(const Tensor& x, std::string ord, IntArrayRef dim = {}, bool keepdim = false,
            std::optional<Dtype> dtype = {});

// ---- factorisations.cpp -------------------------------------------------------------------------

/// A = L Lᵀ: L (…, n, n) lower triangular. A must be symmetric; only its lower triangle is read. Throws
/// Error if an A is not positive definite. The gradient is symmetric. Source: Murray, "Differentiation of
/// the Cholesky decomposition" (2016).
Tensor cholesky(const Tensor& A);
/// A = Q R: Q (…, m, k) with orthonormal columns, R (…, k, n) upper triangular. `mode`: "reduced", k = min(m, n);
/// "complete", k = m (its gradient is an Error if m > n); "r", where Q is empty. The gradient is an Error if A's
/// first k columns are linearly dependent. Source: Walter and Lehmann, "Algorithmic Differentiation of Linear
/// Algebra Functions with Application in Optimum Experimental Design" (2010).
std::tuple<Tensor, Tensor> qr(const Tensor& A, std::string_view mode = "reduced");
/// A = V diag(w) Vᵀ for a symmetric A: (w, V), w (…, n) ascending, V (…, n, n) orthogonal. Only the lower
/// ("L") or upper ("U") triangle of A is read. Throws Error if A holds NaN or infinity. The gradient is
/// symmetric. For equal eigenvalues see the head of this file. Source: Giles (2008).
std::tuple<Tensor, Tensor> eigh(const Tensor& A, std::string_view UPLO = "L");
Tensor eigvalsh(const Tensor& A, std::string_view UPLO = "L");
/// A = U diag(S) Vh: svd of tensor/functions.h with Vh = Vᵀ. With full_matrices U (…, m, m) and Vh (…, n, n) are
/// completed to orthonormal bases; no gradient passes through the vectors that this adds. `driver`: only "gesdd".
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& A, bool full_matrices = true,
                                       std::optional<std::string_view> driver = {});
/// S alone.
Tensor svdvals(const Tensor& A, std::optional<std::string_view> driver = {});

}  // namespace gradus::linalg
