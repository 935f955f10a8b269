// The kernels of the slopes: what backward computes for y = f(x) and y = f(a, b).
#include "kernels/cuda/pointwise.h"

namespace gradus::cuda {

constexpr std::array<BinaryRow, formulas::UnarySlopes::size> unary_slope_kernels =
    binary_table(formulas::UnarySlopes{});
constexpr std::array<TernaryRow, formulas::Ternaries::size> ternary_kernels =
    ternary_table(formulas::Ternaries{});

}  // namespace gradus::cuda
