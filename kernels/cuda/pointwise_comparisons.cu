// The kernels of comparisons.
#include "kernels/cuda/pointwise.h"

namespace gradus::cuda {

constexpr std::array<BinaryRow, formulas::Comparisons::size> comparison_kernels =
    binary_table(formulas::Comparisons{});

}  // namespace gradus::cuda
