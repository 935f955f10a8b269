// Which device has which kernels, and the names that messages use.
#include "kernels/kernels.h"

#include <ostream>

#include "kernels/cpu/cpu_kernels.h"
#include "kernels/cuda/cuda_kernels.h"

namespace gradus {

const Kernels& kernels_for(DeviceType device) {
  if (device == DeviceType::CPU) [[likely]]
    return cpu::kernels;
#if GRADUS_HAVE_CUDA
  return cuda::kernels();
#else
  fail("cuda: this build has no cuda kernels (GRADUS_CUDA=OFF); use the cpu (--device cpu)");
#endif
}

void no_kernel(const char* op, const char* device, Dtype dtype) {
  fail(op, " has no ", device, " kernel for ", dtype);
}

const char* name_of(Unary f) {
  static constexpr const char* names[] = {"neg",   "abs",   "sign",        "square",  "relu",  "exp",
                                          "log",   "log1p", "expm1",       "sqrt",    "rsqrt", "reciprocal",
                                          "sin",   "cos",   "tanh",        "sigmoid", "erf",   "round",
                                          "floor", "ceil",  "logical_not", "isnan",   "isinf", "isfinite"};
  return names[static_cast<int>(f)];
}

const char* name_of(Binary f) {
  static constexpr const char* names[] = {"add",
                                          "sub",
                                          "mul",
                                          "div",
                                          "remainder",
                                          "pow",
                                          "maximum",
                                          "minimum",
                                          "reverse_sub",
                                          "reverse_div",
                                          "reverse_pow",
                                          "bit_and",
                                          "bit_or",
                                          "bit_xor",
                                          "relu_gradient",
                                          "square_gradient",
                                          "tanh_gradient",
                                          "sigmoid_gradient",
                                          "eq",
                                          "ne",
                                          "lt",
                                          "le",
                                          "gt",
                                          "ge"};
  return names[static_cast<int>(f)];
}

const char* name_of(Reduction f) {
  static constexpr const char* names[] = {"sum", "prod", "max", "min", "all", "any", "sum_of_squares"};
  return names[static_cast<int>(f)];
}

std::ostream& operator<<(std::ostream& out, const ShapeText& shape) {
  out << '(';
  for (size_t d = 0; d < shape.sizes.size(); ++d) out << (d ? ", " : "") << shape.sizes[d];
  return out << (shape.sizes.size() == 1 ? ",)" : ")");
}

}  // namespace gradus
