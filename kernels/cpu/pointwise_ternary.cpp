// The kernels of y = f(a, b, c): the slopes of y = f(a, b), and clamp.
#include "kernels/cpu/pointwise.h"

namespace gradus::cpu {

constexpr std::array<KernelRow, formulas::Ternaries::size> ternary_kernels =
    plane_kernels<3>(formulas::Ternaries{});

}  // namespace gradus::cpu
