// The kernels of y = f(a, b) for whole numbers and bools: arithmetic, comparisons, and the slopes of y = f(x).
#include "kernels/cpu/pointwise.h"

namespace gradus::cpu {

constexpr BinaryKernels binary_int64 = binary_kernels_of<int64_t>(formulas::Binaries{});
constexpr BinaryKernels binary_bool = binary_kernels_of<bool>(formulas::Binaries{});

}  // namespace gradus::cpu
