// Small products of float64.
#include "kernels/cpu/matmul_small.h"

namespace gradus::cpu {

template bool multiply_if_small(const Matrix<const double>&, const Matrix<const double>&,
                                const Matrix<double>&);

}  // namespace gradus::cpu
