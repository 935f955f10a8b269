// The reductions of float32.
#include "kernels/cpu/reduce.h"

namespace gradus::cpu {

constexpr ReduceKernels reduce_float32 = reduce_kernels_of<float>(formulas::Reductions{});

}  // namespace gradus::cpu
