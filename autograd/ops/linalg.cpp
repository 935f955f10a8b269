// Matrix functions.
#include "autograd/function.h"
#include "autograd/ops/pointwise.h"

namespace gradus {

// Y = diag x      x̄ = the same diagonal of Ȳ
Tensor diag(const Tensor& x, int64_t offset) {
  if (x.dim() == 2) return diagonal(x, offset);
  check(x.dim() == 1, "diag: a vector or a matrix is needed, not ", text(x.sizes()));
  const int64_t n = x.size(0) + std::abs(offset);
  const Tensor y = zeros({n, n}, x.options());
  {
    const NoGradGuard no_grad;
    diagonal(y, offset).copy_(x);
  }
  return record("diag", y, wrt(x, [offset](const Tensor& g) { return diagonal(g, offset); }));
}

Tensor trace(const Tensor& x) {
  check(x.dim() == 2, "trace: a matrix is needed, not ", text(x.sizes()));
  return diagonal(x).sum();
}

namespace {

using autograd::AutogradContext;
using autograd::variable_list;

Tensor mT(const Tensor& x) { return transpose(x, -2, -1); }

/// 1 / x, and 0 where x is 0. The inner where keeps 0 · ∞ out of the derivative.
Tensor reciprocal_or_zero(const Tensor& x) {
  const Tensor is_zero = eq(x, 0);
  return where(is_zero, 0, reciprocal(where(is_zero, 1, x)));
}

// A = U S Vᵀ (Townsend 2016, in the notation of k = min(m, n) columns). With Fᵢⱼ = 1 / (sⱼ² - sᵢ²) off the
// diagonal and 0 on it, ∘ elementwise, and U⊥ U⊥ᵀ = I - U Uᵀ the part of space that U does not reach:
//
//   Ā = U [ (F ∘ (Uᵀ Ū - Ūᵀ U)) S  +  S (F ∘ (Vᵀ V̄ - V̄ᵀ V))  +  S̄ ] Vᵀ
//       + U⊥ U⊥ᵀ Ū S⁻¹ Vᵀ                    if m > k
//       + U S⁻¹ V̄ᵀ V⊥ V⊥ᵀ                    if n > k
struct Svd : autograd::Function<Svd> {
  static constexpr const char* name = "svd";

  static variable_list forward(AutogradContext* ctx, const Tensor& A) {
    const int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n);
    Shape shape(A.raw());
    const int last = shape.dim() - 1;
    shape[last] = k;
    const Tensor U = allocate(shape, A.dtype(), A.device().type());
    shape[last - 1] = n;
    const Tensor V = allocate(shape, A.dtype(), A.device().type());
    shape.erase(last - 1);
    const Tensor S = allocate(shape, A.dtype(), A.device().type());
    kernels_of(A).svd(A.raw(), U.raw(), S.raw(), V.raw());
    ctx->save_for_backward({U, S, V});
    ctx->set_materialize_grads(false);
    return {U, S, V};
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &U = saved[0], &S = saved[1], &V = saved[2];
    const Tensor &gU = gradients[0], &gS = gradients[1], &gV = gradients[2];
    const Tensor row = S.unsqueeze(-2),
                 column = S.unsqueeze(-1);  // x * row scales columns of x, x * column rows
    const Tensor F = reciprocal_or_zero(square(row) - square(column));

    Tensor gA;
    const auto add = [&gA](const Tensor& term) { gA = gA.defined() ? gA + term : term; };
    if (gS.defined()) add(matmul(U * gS.unsqueeze(-2), mT(V)));
    if (gU.defined()) {
      const Tensor P = matmul(mT(U), gU);
      add(matmul(matmul(U, F * (P - mT(P)) * row), mT(V)));
      if (U.size(-2) > U.size(-1)) add(matmul((gU - matmul(U, P)) * reciprocal_or_zero(row), mT(V)));
    }
    if (gV.defined()) {
      const Tensor P = matmul(mT(V), gV);
      add(matmul(U, matmul(column * F * (P - mT(P)), mT(V))));
      if (V.size(-2) > V.size(-1)) add(matmul(U, mT((gV - matmul(V, P)) * reciprocal_or_zero(row))));
    }
    return {gA};
  }
};

}  // namespace

std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& A) {
  check(A.dim() >= 2, "svd: a matrix (…, m, n) is needed, not ", text(A.sizes()));
  check(A.is_floating_point(), "svd: the matrix must be floating point, not ", A.dtype());
  check(kernels_of(A).svd != nullptr, "svd: this build has no LAPACK for ", A.device(),
        "; install OpenBLAS with LAPACK and configure again");
  check(all(isfinite(A)).item<bool>(), "svd: the matrix of shape ", text(A.sizes()),
        " holds NaN or infinity");
  const variable_list outputs = Svd::apply(A);
  return {outputs[0], outputs[1], outputs[2]};
}

}  // namespace gradus
