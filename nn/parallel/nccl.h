// Sums between GPUs with NVIDIA's NCCL. A build without CUDA or without NCCL copies gradients to the host, and MPI adds them there.
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
/// Starts the sum on a stream of its own, after the kernels that were launched before. Kernels that are launched
/// after finish() wait for it.
std::unique_ptr<PendingSum> start_sum(const Tensor& x);
void disconnect();
#else
inline void choose_gpu() {}
inline bool is_available() { return false; }
inline std::unique_ptr<PendingSum> start_sum(const Tensor&) { return nullptr; }
inline void disconnect() {}
#endif

}  // namespace gradus::nn::parallel::nccl
