// The kernels of y = f(a, b): arithmetic, comparisons, and the slopes of y = f(x).
#include "kernels/cpu/pointwise.h"

namespace gradus::cpu {

constexpr std::array<KernelRow, formulas::Binaries::size> binary_kernels =
    plane_kernels<2>(formulas::Binaries{});

}  // namespace gradus::cpu
