// The one table of the processor's kernels, in the order of kernels.h.
#include "kernels/cpu/cpu_kernels.h"

namespace gradus::cpu {

constexpr Kernels kernels = {
    .device = "cpu",
    .fill = fill,
    .arange = arange,
    .copy = copy,
    .unary = unary,
    .binary = binary,
    .ternary = ternary,
    .binary_scalar = binary_scalar,
    .where = where,
    .reduce = reduce,
    .argmax = argmax,
    .argmin = argmin,
    .cumsum = cumsum,
    .sort = sort,
    .matmul = matmul,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .softmax_gradient = softmax_gradient,
    .log_softmax_gradient = log_softmax_gradient,
    .cross_entropy = cross_entropy,
    .cross_entropy_gradient = cross_entropy_gradient,
    .layer_norm = layer_norm,
    .layer_norm_gradient = layer_norm_gradient,
    .take = take,
    .put = put,
    .gather_rows = gather_rows,
    .scatter_add_rows = scatter_add_rows,
    .nonzero = nonzero,
    .sgd = sgd,
    .adam = adam,
    .lu = lu,
    .cholesky = cholesky,
    .solve_triangular = solve_triangular,
#if GRADUS_HAVE_LAPACK
    .qr = qr,
    .eigh = eigh,
    .svd = svd,
#else
    .qr = nullptr,
    .eigh = nullptr,
    .svd = nullptr,
#endif
    .memory = nullptr,
};

}  // namespace gradus::cpu
