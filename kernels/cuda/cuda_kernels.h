// The kernels of CUDA devices, by family. kernels.h says what each one computes.
#pragma once

#include "kernels/kernels.h"

namespace gradus::cuda {

/// The table that kernels_for(DeviceType::CUDA) returns. An Error that says why, where no device can be used.
const Kernels& kernels();

// memory.cpp
extern const DeviceMemory memory;

// elementwise.cu
void fill(Scalar value, const View& out);
void copy(const View& x, const View& out);
void unary(Unary f, const View& x, const View& out);
void binary(Binary f, const View& a, const View& b, const View& out);

}  // namespace gradus::cuda
