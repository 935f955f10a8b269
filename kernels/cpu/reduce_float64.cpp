// The reductions of float64.
#include "kernels/cpu/reduce.h"

namespace gradus::cpu {

constexpr ReduceKernels reduce_float64 = reduce_kernels_of<double>(formulas::Reductions{});

}  // namespace gradus::cpu
