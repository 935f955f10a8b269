// The kernels of y = f(x).
#include "kernels/cpu/pointwise.h"

namespace gradus::cpu {

constexpr std::array<KernelRow, formulas::Unaries::size> unary_kernels =
    plane_kernels<1>(formulas::Unaries{});

}  // namespace gradus::cpu
