// The framework that a lab computes with: Gradus, or libtorch under Gradus's name. The labs'
// functions use only the part of the interface that both have, and `cmake -D
// GRADUS_COMPARE_LIBTORCH=ON` compiles them with libtorch too.
#pragma once

#if GRADUS_LIBTORCH
#include <torch/torch.h>
namespace gradus = torch;
#else
#include <gradus.h>
#endif

// Lab functions see all of Gradus. libtorch has each creation function twice, at::rand without the
// tape and torch::rand with it; these using-declarations choose the latter.
namespace lab {
using namespace gradus;
using gradus::arange, gradus::eye, gradus::full, gradus::ones, gradus::rand, gradus::randn, gradus::randperm,
    gradus::tensor, gradus::zeros;
}  // namespace lab
