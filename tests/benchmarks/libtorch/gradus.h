// Stands for gradus.h where benchmarks/ops.cpp and the list of ops (tests/op_list) are compiled against libtorch.
//
// What libtorch calls otherwise is defined here by what a program for libtorch would write instead.
#pragma once

#include <torch/torch.h>

namespace gradus {

using namespace torch;
using at::std;  // declared here, it hides the namespace
using torch::empty, torch::full, torch::tensor, torch::zeros;
namespace autograd = torch::autograd;
namespace indexing = torch::indexing;

/// Stands for the table of kernels, which the list asks whether LAPACK is there.
struct Kernels {
  const void *svd = this, *qr = this, *eigh = this, *lu = this;
};

inline Tensor softmax(const Tensor& x, int64_t dim) { return at::softmax(x, dim); }
inline Tensor log_softmax(const Tensor& x, int64_t dim) { return at::log_softmax(x, dim); }
inline Tensor sum_of_squares(const Tensor& x) { return x.square().sum(); }
inline Tensor sum_to_size(const Tensor& x, IntArrayRef sizes) { return x.sum_to_size(sizes); }
inline Tensor cross_entropy_rows(const Tensor& x, const Tensor& target) {
  return at::cross_entropy_loss(x, target, {}, at::Reduction::None);
}
inline Tensor layer_norm_rows(const Tensor& x, double eps) {
  return at::layer_norm(x, x.sizes().slice(x.dim() - 1), {}, {}, eps);
}

/// Functions of matrices whose last arguments are not optional in libtorch.
namespace linalg {
using torch::linalg::cholesky, torch::linalg::det, torch::linalg::eigh, torch::linalg::inv,
    torch::linalg::pinv, torch::linalg::qr, torch::linalg::slogdet;
inline auto svd(const Tensor& A) { return torch::linalg::svd(A, /*full_matrices=*/true, {}); }
inline Tensor svdvals(const Tensor& A) { return torch::linalg::svdvals(A, {}); }
inline Tensor eigvalsh(const Tensor& A) { return torch::linalg::eigvalsh(A, "L"); }
inline Tensor solve(const Tensor& A, const Tensor& B, bool left = true) {
  return torch::linalg::solve(A, B, left);
}
inline Tensor solve_triangular(const Tensor& A, const Tensor& B, bool upper, bool left = true,
                               bool unitriangular = false) {
  return torch::linalg::solve_triangular(A, B, upper, left, unitriangular);
}
inline Tensor matrix_norm(const Tensor& A, const Scalar& order) {
  return torch::linalg::matrix_norm(A, order, {-2, -1}, false, {});
}
inline Tensor matrix_norm(const Tensor& A, std::string order = "fro") {
  return torch::linalg::matrix_norm(A, std::move(order), {-2, -1}, false, {});
}
inline Tensor norm(const Tensor& A, const char* order) {
  return torch::linalg::norm(A, order, {}, false, {});
}
inline Tensor norm(const Tensor& A) { return torch::linalg::norm(A, c10::optional<Scalar>(), {}, false, {}); }
inline Tensor vector_norm(const Tensor& x, const Scalar& order, IntArrayRef dims) {
  return torch::linalg::vector_norm(x, order, dims, false, {});
}
}  // namespace linalg

}  // namespace gradus
