// The reductions of whole numbers and bools.
#include "kernels/cpu/reduce.h"

namespace gradus::cpu {

constexpr ReduceKernels reduce_int64 = reduce_kernels_of<int64_t>(formulas::Reductions{});
constexpr ReduceKernels reduce_bool = reduce_kernels_of<bool>(formulas::Reductions{});

}  // namespace gradus::cpu
