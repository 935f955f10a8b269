// Functions of matrices: diagonals, linear equations, determinants, norms. linalg.h names the sources of the rules.
#include "autograd/linalg/linalg.h"

#include <cmath>

#include "autograd/linalg/matrices.h"

namespace gradus {

// Y = diag x      x̄ = the same diagonal of Ȳ
Tensor diag(const Tensor& x, int64_t offset) {
  if (x.dim() == 2) return diagonal(x, offset);
  check(x.dim() == 1, "diag: a vector or a matrix is needed, not ", text(x.sizes()));
  const int64_t n = x.size(0) + std::abs(offset);
  const Tensor y = zeros({n, n}, x.options());
  View on_diagonal = x.raw();
  on_diagonal.data = y.raw().as<std::byte>() + (offset < 0 ? -offset * n : offset) * item_size(x.dtype());
  on_diagonal.owner = y.raw().owner;
  on_diagonal.strides[0] = n + 1;
  kernels_of(x).copy(x.raw(), on_diagonal);
  return record("diag", y, wrt(x, [offset](const Tensor& g) { return diagonal(g, offset); }));
}

// y = Σ xᵢᵢ
Tensor trace(const Tensor& x) {
  check(x.dim() == 2, "trace: a matrix is needed, not ", text(x.sizes()));
  return diagonal(x).sum();
}

namespace {

using autograd::AutogradContext;
using autograd::variable_list;

// ---- Linear equations ---------------------------------------------------------------------------

/// P A = L U: row i of P A is row permutation[i] of A. `lu` holds L below its diagonal, U on and above it.
struct Lu {
  Tensor lu, permutation;
  Tensor diagonal() const { return gradus::diagonal(lu, 0, -2, -1); }
  Tensor is_zero_pivot() const { return eq(diagonal(), 0); }
};

Lu factor(const Tensor& A) {
  const DeviceType device = A.device().type();
  const Lu result = {allocate_like(A.raw(), A.dtype(), device),
                     allocate(with_vector_shape(A, A.size(-1)), kInt64, device)};
  require("lu", A, kernels_of(A).lu);
  kernels_of(A).lu(A.raw(), result.lu.raw(), result.permutation.raw());
  return result;
}

Tensor solve_triangle(const Tensor& A, Triangle triangle, const Tensor& B) {
  const Tensor X = allocate_like(B.raw(), B.dtype(), B.device().type());
  require("linalg.solve_triangular", A, kernels_of(A).solve_triangular);
  kernels_of(A).solve_triangular(A.raw(), triangle, B.raw(), X.raw());
  return X;
}

/// From P A = L U:  L Y = P B,  U X = Y. Leading dimensions broadcast.
Tensor substitute(const Lu& factors, const Tensor& B) {
  const Shape batch = broadcast_shapes("linalg.solve", batch_shape(factors.lu), batch_shape(B));
  const Tensor lu = expand_batch(factors.lu, batch), b = expand_batch(B, batch);
  const Tensor Pb = gather(b, -2, factors.permutation.unsqueeze(-1).expand(b.sizes()));
  const Tensor Y = solve_triangle(lu, {.upper = false, .unit = true}, Pb);
  return solve_triangle(lu, {.upper = true, .unit = false}, Y);
}

// A X = B         B̄ = A⁻ᵀ X̄       Ā = -B̄ Xᵀ
struct Solve : autograd::Function<Solve> {
  static constexpr const char* name = "linalg_solve";

  static Tensor forward(AutogradContext* ctx, const Tensor& A, const Tensor& B) {
    const Lu factors = factor(A);
    fail_where("linalg.solve", factors.is_zero_pivot(),
               [](int64_t) { return "The solver failed because the input matrix is singular."; });
    const Tensor X = substitute(factors, B);
    ctx->save_for_backward({A, X});
    return X;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &A = saved[0], &X = saved[1], gB = linalg::solve(mT(A), gradients[0]);
    return {ctx->needs_input_grad(0) ? -matmul(gB, mT(X)) : Tensor(), gB};
  }
};

void check_equation(const char* op, const Tensor& A, const Tensor& B, bool left) {
  check_square(op, A);
  check_matrix(op, B);
  on_device_of(op, A, B);
  check(A.dtype() == B.dtype(), op, ": Expected A and B to have the same dtype, but found A of type ",
        A.dtype(), " and B of type ", B.dtype(), " instead");
  check(A.size(-1) == B.size(left ? -2 : -1), op, ": Incompatible shapes of A and B for the equation ",
        left ? "AX = B" : "XA = B", " (", A.size(-2), "x", A.size(-1), " and ", B.size(-2), "x", B.size(-1),
        ")");
}

// A X = B with a triangular A      B̄ = A⁻ᵀ X̄      Ā = -B̄ Xᵀ in the triangle that is read, else 0
Tensor record_solve_triangle(const Tensor& A, const Tensor& B, Triangle triangle) {
  const Tensor X = solve_triangle(A.detach(), triangle, B.detach());
  const Triangle transposed{!triangle.upper, triangle.unit};
  return record("linalg_solve_triangular", X,
                wrt(A, saved(A, X),
                    [triangle, transposed](const Tensor& g, const Tensor& A, const Tensor& X) {
                      const Tensor gA = -matmul(record_solve_triangle(mT(A), g, transposed), mT(X));
                      const int64_t skipped = triangle.unit ? 1 : 0;
                      return triangle.upper ? triu(gA, skipped) : tril(gA, -skipped);
                    }),
                wrt(B, saved(A), [transposed](const Tensor& g, const Tensor& A) {
                  return record_solve_triangle(mT(A), g, transposed);
                }));
}

}  // namespace

namespace linalg {

// X = A⁻¹ B       B̄ = A⁻ᵀ X̄       Ā = -B̄ Xᵀ
Tensor solve(const Tensor& A, const Tensor& B, bool left) {
  check_square("linalg.solve", A);
  const bool is_vector = B.dim() == 1 || B.sizes() == IntArrayRef(with_vector_shape(A, A.size(-1)));
  if (is_vector && left) return solve(A, B.unsqueeze(-1)).squeeze(-1);
  check_equation("linalg.solve", A, B, left);
  return left ? Solve::apply(A, B) : mT(Solve::apply(mT(A), mT(B)));
}

// X = A⁻¹ B, A triangular      B̄ = A⁻ᵀ X̄       Ā = -B̄ Xᵀ in the triangle
Tensor solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left, bool unitriangular) {
  check_equation("linalg.solve_triangular", A, B, left);
  if (!left) return mT(solve_triangular(mT(A), mT(B), !upper, true, unitriangular));
  const Shape batch = broadcast_shapes("linalg.solve_triangular", batch_shape(A), batch_shape(B));
  return record_solve_triangle(expand_batch(A, batch), expand_batch(B, batch), {upper, unitriangular});
}

// Y = A⁻¹         Ā = -Yᵀ Ȳ Yᵀ
Tensor inv(const Tensor& A) {
  check_square("linalg.inv", A);
  const Lu factors = factor(A);
  fail_where("linalg.inv", factors.is_zero_pivot(), [](int64_t i) {
    return "The diagonal element " + std::to_string(i) +
           " is zero, the inversion could not be completed because the input matrix is singular.";
  });
  const Tensor Y = substitute(factors, eye(A.size(-1), A.options()));
  return record("linalg_inv", Y, wrt(A, saved(Y), [](const Tensor& g, const Tensor& Y) {
                  const Tensor Yt = mT(Y);
                  return -matmul(Yt, matmul(g, Yt));
                }));
}

}  // namespace linalg

// Y = A⁻¹         Ā = -Yᵀ Ȳ Yᵀ
Tensor inverse(const Tensor& A) { return linalg::inv(A); }

// ---- Determinants -------------------------------------------------------------------------------

namespace {

/// The sign of each permutation: (-1)ᵏ, where k is the number of pairs that are out of order.
Tensor sign_of(const Tensor& permutation, Dtype dtype) {
  const Tensor is_larger = gt(permutation.unsqueeze(-1), permutation.unsqueeze(-2));
  const Tensor out_of_order = sum(triu(is_larger, 1), {-2, -1});
  return (1 - 2 * remainder(out_of_order, 2)).to(dtype);
}

/// Π xᵢ along the last dimension, not recorded.
Tensor product(const Tensor& x) {
  Shape shape(x.raw());
  shape[shape.dim() - 1] = 1;
  const Tensor y = allocate(shape, x.dtype(), x.device().type());
  kernels_of(x).reduce(formulas::Prod{}, x.raw(), y.raw());
  return y.squeeze(-1);
}

Tensor per_matrix(const Tensor& x) { return x.unsqueeze(-1).unsqueeze(-1); }

/// Constants b, c (…, n, 1) that make A + b cᵀ invertible. If A is invertible, b = 0; if its rank is n - 1, b and
/// c are multiples of the singular vectors for its smallest singular value. `rank_too_low` (…) is true if A's
/// rank is below n - 1: then no b and c make A + b cᵀ invertible.
struct RankOneUpdate {
  Tensor b, c, rank_too_low;
};

RankOneUpdate rank_one_update(const Tensor& A, const Tensor& is_singular) {
  const NoGradGuard no_grad;
  const auto [U, S, V] = svd(A.detach());
  const int64_t n = A.size(-1);
  const double rounding = static_cast<double>(n) * (A.dtype() == kFloat32 ? 1.2e-7 : 2.3e-16);
  const Tensor largest = S.narrow(-1, 0, 1);
  const Tensor rank = sum(gt(S, rounding * largest), -1);
  const Tensor scale = where(is_singular.unsqueeze(-1), where(eq(largest, 0), 1, largest), 0);
  return {U.narrow(-1, n - 1, 1) * scale.unsqueeze(-1), V.narrow(-1, n - 1, 1),
          is_singular & lt(rank, n - 1)};
}

// det(A) A⁻ᵀ for invertible matrices. If det A leaves the range, so that the product would be 0 or infinite, it is
// written as e^(ln |det A| + ln m) A⁻ᵀ / m, with m the largest element of A⁻ᵀ.
Tensor cofactors_of_invertible(const Tensor& A) {
  const Tensor d = det(A), inverse_t = mT(inverse(A)), size = abs(d.detach());
  const Tensor left_range = (size < (A.dtype() == kFloat32 ? 0x1p-126 : 0x1p-1022)) | (size == INFINITY);
  if (!any_on_host("det", left_range)) return per_matrix(d) * inverse_t;
  const auto [sign, logarithm] = slogdet(A);
  const Tensor m = amax(abs(inverse_t), {-2, -1}, /*keepdim=*/true).detach();
  const Tensor by_logarithm = per_matrix(sign) * exp(per_matrix(logarithm) + log(m)) * (inverse_t / m);
  return where(per_matrix(left_range), by_logarithm, per_matrix(where(left_range, 0, d)) * inverse_t);
}

// The matrix of cofactors, ∂ det A / ∂A. If A is invertible, it is det(A) A⁻ᵀ. If A is singular, take an invertible
// B = A + b cᵀ. By the matrix determinant lemma det A = det(B) (1 - cᵀ B⁻¹ b), which has the derivative
//
//   det(B) [ (1 - cᵀ B⁻¹ b) B⁻ᵀ  +  (B⁻ᵀ c) (B⁻¹ b)ᵀ ].
//
// If A's rank is below n - 1, all cofactors are 0.
Tensor cofactors(const Tensor& A) {
  const Tensor is_singular = gt(sum(factor(A.detach()).is_zero_pivot(), -1), 0);
  if (!any_on_host("det", is_singular)) return cofactors_of_invertible(A);
  const auto [b, c, rank_too_low] = rank_one_update(A, is_singular);
  const Tensor B = where(per_matrix(rank_too_low), eye(A.size(-1), A.options()), A + matmul(b, mT(c)));
  const Tensor inverse_B = inverse(B), x = matmul(inverse_B, b), y = matmul(mT(inverse_B), c);
  const Tensor derivative = (1 - matmul(mT(c), x)) * mT(inverse_B) + matmul(y, mT(x));
  return where(per_matrix(rank_too_low), 0, per_matrix(det(B)) * derivative);
}

}  // namespace

// y = det A       Ā = ȳ cof A
Tensor det(const Tensor& A) {
  check_square("linalg.det", A);
  const Lu factors = factor(A);
  const Tensor y = sign_of(factors.permutation, A.dtype()) * product(factors.diagonal());
  return record("linalg_det", y, wrt(A, saved(A), [](const Tensor& g, const Tensor& A) {
                  return per_matrix(g) * cofactors(A);
                }));
}

// y = ln |det A|  Ā = ȳ A⁻ᵀ      the sign is a step: no derivative
std::tuple<Tensor, Tensor> slogdet(const Tensor& A) {
  check_square("linalg.slogdet", A);
  const Lu factors = factor(A);
  const Tensor diagonal = factors.diagonal();
  const Tensor y = sum(log(abs(diagonal)), -1);
  return {sign_of(factors.permutation, A.dtype()) * product(sign(diagonal)),
          record("linalg_slogdet", y, wrt(A, saved(A), [](const Tensor& g, const Tensor& A) {
                   return per_matrix(g) * mT(inverse(A));
                 }))};
}

namespace linalg {

Tensor det(const Tensor& A) { return gradus::det(A); }
std::tuple<Tensor, Tensor> slogdet(const Tensor& A) { return gradus::slogdet(A); }

// P = V S⁺ Uᵀ     Ā = (I - A P) P̄ᵀ P Pᵀ  +  Pᵀ P P̄ᵀ (I - P A)  -  Pᵀ P̄ Pᵀ
Tensor pinv(const Tensor& A, double rcond) {
  check_matrix("linalg.pinv", A);
  const Tensor P = [&] {
    const NoGradGuard no_grad;
    const auto [U, S, V] = gradus::svd(A);
    if (S.numel() == 0) return zeros(with_matrix_shape(A, A.size(-1), A.size(-2)), A.options());
    const Tensor inverted = where(gt(S, rcond * S.narrow(-1, 0, 1)), reciprocal(S), 0);
    return matmul(V * inverted.unsqueeze(-2), mT(U));
  }();
  return record("linalg_pinv", P, wrt(A, saved(A, P), [](const Tensor& g, const Tensor& A, const Tensor& P) {
                  const Tensor Pt = mT(P), gt = mT(g);
                  const Tensor left = matmul(matmul(gt, P), Pt), right = matmul(Pt, matmul(P, gt));
                  return left - matmul(A, matmul(P, left)) + right - matmul(matmul(right, P), A) -
                         matmul(Pt, matmul(g, Pt));
                }));
}

// ---- Norms --------------------------------------------------------------------------------------

// y = (Σ |xᵢ|ᵖ)^(1/p)
Tensor vector_norm(const Tensor& x, const Scalar& ord, IntArrayRef dim, bool keepdim,
                   std::optional<Dtype> dtype) {
  return gradus::norm(x.to(dtype.value_or(x.dtype())), ord, dim, keepdim);
}

namespace {

/// `norm` of each matrix that two dimensions of A form.
template <class Norm>
Tensor over_matrices(const Tensor& A, IntArrayRef dim, bool keepdim, std::optional<Dtype> dtype, Norm norm) {
  check_matrix("linalg.matrix_norm", A);
  check(dim.size() == 2, "linalg.matrix_norm: dim must be a 2-tuple of ints, not ", dim);
  const int rank = static_cast<int>(A.dim()), row = wrap_dim(dim[0], rank), column = wrap_dim(dim[1], rank);
  check(row != column, "linalg.matrix_norm: dims must be different. Got ", dim);
  Shape order;
  for (int d = 0; d < rank; ++d)
    if (d != row && d != column) order.push_back(d);
  order.push_back(row), order.push_back(column);
  const Tensor y = norm(permute(A.to(dtype.value_or(A.dtype())), order));
  return keepdim ? y.unsqueeze(std::min(row, column)).unsqueeze(std::max(row, column)) : y;
}

}  // namespace

// y = a norm of each matrix: Frobenius, nuclear, largest row or column sum, largest or smallest singular value
Tensor matrix_norm(const Tensor& A, const Scalar& ord, IntArrayRef dim, bool keepdim,
                   std::optional<Dtype> dtype) {
  const double p = ord.toDouble(), size = std::abs(p);
  check(size == 1 || size == 2 || std::isinf(size), "linalg.matrix_norm: Order ", p, " not supported.");
  return over_matrices(A, dim, keepdim, dtype, [&](const Tensor& A) {
    const Tensor candidates = size == 2 ? svdvals(A) : sum(abs(A), size == 1 ? -2 : -1);
    return p > 0 ? amax(candidates, -1) : amin(candidates, -1);
  });
}

Tensor matrix_norm(const Tensor& A, std::string ord, IntArrayRef dim, bool keepdim,
                   std::optional<Dtype> dtype) {
  check(ord == "fro" || ord == "nuc", "linalg.matrix_norm: Order ", ord, " not supported.");
  return over_matrices(A, dim, keepdim, dtype, [&](const Tensor& A) {
    return ord == "fro" ? vector_norm(A, 2, IntArrayRef{-2, -1}) : sum(svdvals(A), -1);
  });
}

// y = vector_norm or matrix_norm, depending on the order and the dimensions
Tensor norm(const Tensor& x, const std::optional<Scalar>& ord, IntArrayRef dim, bool keepdim,
            std::optional<Dtype> dtype) {
  const bool of_matrix = dim.empty() ? x.dim() == 2 : dim.size() == 2;
  if (!ord || !of_matrix) return vector_norm(x, ord.value_or(2), dim, keepdim, dtype);
  return matrix_norm(x, *ord, dim.empty() ? IntArrayRef{-2, -1} : dim, keepdim, dtype);
}

Tensor norm(const Tensor& x, std::string ord, IntArrayRef dim, bool keepdim, std::optional<Dtype> dtype) {
  return matrix_norm(x, ord, dim.empty() ? IntArrayRef{-2, -1} : dim, keepdim, dtype);
}

}  // namespace linalg
}  // namespace gradus
