// The kernels of y = f(x).
#include "kernels/cuda/pointwise.h"

namespace gradus::cuda {

constexpr std::array<UnaryRow, formulas::Unaries::size> unary_kernels = unary_table(formulas::Unaries{});

}  // namespace gradus::cuda
