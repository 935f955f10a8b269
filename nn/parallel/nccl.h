// Sums between GPUs with NVIDIA's NCCL. A build without CUDA or without NCCL copies gradients to the host, where
// MPI adds them.
#pragma once

#include <memory>

#include "nn/parallel/ranks.h"

namespace gradus::nn::parallel::nccl {

#if GRADUS_HAVE_NCCL
/// Gives each rank of a machine a GPU of its own, unless CUDA_VISIBLE_DEVICES is set: Gradus uses the first one that it
/// sees. Must come before the first use of CUDA.
void choose_gpu();
/// Can NCCL sum? It can if the ranks see a GPU. The first call connects the ranks, so all must make it.
bool is_available();
/// Starts the sum in a stream of its own. The sum waits for all kernels that were launched before this call. Kernels
/// that are launched after finish() wait for the sum.
std::unique_ptr<PendingSum> start_sum(const Tensor& x);
void disconnect();
#else
inline void choose_gpu() {}
inline bool is_available() { return false; }
inline std::unique_ptr<PendingSum> start_sum(const Tensor&) { return nullptr; }
inline void disconnect() {}
#endif

}  // namespace gradus::nn::parallel::nccl
