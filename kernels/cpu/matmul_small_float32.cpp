// Small products of float32.
#include "kernels/cpu/matmul_small.h"

namespace gradus::cpu {

template bool multiply_if_small(const Matrix<const float>&, const Matrix<const float>&, const Matrix<float>&);

}  // namespace gradus::cpu
