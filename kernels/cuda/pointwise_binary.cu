// The kernels of y = f(a, b).
#include "kernels/cuda/pointwise.h"

namespace gradus::cuda {

constexpr std::array<BinaryRow, formulas::Arithmetic::size> arithmetic_kernels =
    binary_table(formulas::Arithmetic{});

}  // namespace gradus::cuda
