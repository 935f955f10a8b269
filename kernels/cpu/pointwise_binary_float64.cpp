// The kernels of y = f(a, b) for float64: arithmetic, comparisons, and the slopes of y = f(x).
#include "kernels/cpu/pointwise.h"

namespace gradus::cpu {

constexpr BinaryKernels binary_float64 = binary_kernels_of<double>(formulas::Binaries{});

}  // namespace gradus::cpu
