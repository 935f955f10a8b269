// The table of the kernels of CUDA devices, in the order of kernels.h, and the check whether there is a device.
#include "kernels/cuda/cuda_kernels.h"

#include <string>

#include "kernels/cuda/errors.h"

namespace gradus::cuda {
namespace {

/// Why no device can be used; empty if one can.
std::string complaint() {
  int count = 0, driver = 0, runtime = 0;  // stay as they are where there is no driver
  const cudaError_t result = cudaGetDeviceCount(&count);
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  cudaGetLastError();  // or an error would be reported again later
  return why_no_device(result, count, driver, runtime);
}

const Kernels table = {
    .device = "cuda",
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
    .qr = qr,
    .eigh = eigh,
    .svd = svd,
    .host_work = nullptr,
    .memory = &memory,
};

}  // namespace

const Kernels& kernels() {
  static const std::string why_not = complaint();
  check(why_not.empty(), why_not);
  return table;
}

}  // namespace gradus::cuda
