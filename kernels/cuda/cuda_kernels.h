// The kernels of CUDA devices, by family. kernels.h says what each one computes.
#pragma once

#include "kernels/kernels.h"

namespace gradus::cuda {

/// The table that kernels_for(DeviceType::CUDA) returns. An Error that says why, where no device can be used.
const Kernels& kernels();

// memory.cpp
void* allocate(int64_t bytes);
void release(void* memory, int64_t bytes);
void copy_from_host(const void* host, void* memory, int64_t bytes);
void copy_to_host(const void* memory, void* host, int64_t bytes);
void synchronize();

// elementwise.cu
void fill(Scalar value, const View& out);
void copy(const View& x, const View& out);
void unary(Unary f, const View& x, const View& out);
void binary(Binary f, const View& a, const View& b, const View& out);

}  // namespace gradus::cuda
