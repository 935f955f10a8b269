// The kernels of y = f(a, b) for float32: arithmetic, comparisons, and the slopes of y = f(x).
#include "kernels/cpu/pointwise.h"

namespace gradus::cpu {

constexpr BinaryKernels binary_float32 = binary_kernels_of<float>(formulas::Binaries{});

}  // namespace gradus::cpu
