// Random tensors. For the same seed they are bit for bit those of PyTorch's CPU generator, on every device.
#pragma once

#include "tensor/tensor.h"

namespace gradus {

class Generator;

/// The generator that all draws use. It has no lock: if several threads draw at once, the caller must lock.
Generator& default_generator();
/// Restarts the generator's sequence of numbers.
void manual_seed(uint64_t seed);
/// The state of the default generator as an int64 tensor, which can be saved and set again. Shuffles and
/// dropout draw from this generator: save the state together with the module and the optimiser, and training
/// continues bit for bit.
Tensor get_rng_state();
void set_rng_state(const Tensor& state);

/// Uniform on [0, 1).
Tensor rand(IntArrayRef sizes, const TensorOptions& options = {});
/// Normal with mean 0 and standard deviation 1.
Tensor randn(IntArrayRef sizes, const TensorOptions& options = {});
/// Whole numbers in [low, high), int64 unless the options say otherwise.
Tensor randint(int64_t high, IntArrayRef sizes, const TensorOptions& options = kInt64);
Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, const TensorOptions& options = kInt64);
/// The numbers 0 … n-1 in random order, int64.
Tensor randperm(int64_t n, const TensorOptions& options = kInt64);
// Like another tensor: its sizes, and its dtype and device unless the options say otherwise.
Tensor rand_like(const Tensor& x, const TensorOptions& options = {});
Tensor randn_like(const Tensor& x, const TensorOptions& options = {});
Tensor randint_like(const Tensor& x, int64_t high, const TensorOptions& options = {});
Tensor randint_like(const Tensor& x, int64_t low, int64_t high, const TensorOptions& options = {});
/// 1 with the probability that each element of p states, else 0.
Tensor bernoulli(const Tensor& p);

}  // namespace gradus
