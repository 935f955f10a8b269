// The framework that a lab computes with: Gradus, or libtorch in a namespace called gradus. The labs' functions use
// only names that both have, and `cmake -D GRADUS_COMPARE_LIBTORCH=ON` compiles them with libtorch too.
#pragma once

#if GRADUS_LIBTORCH
#include <torch/torch.h>
namespace gradus = torch;
#else
#include <gradus.h>
#endif

// Namespace lab sees all of Gradus. libtorch has each creation function twice: at::rand, which cannot record, and
// torch::rand, which can. The using-declarations choose torch::rand.
namespace lab {
using namespace gradus;
using gradus::arange, gradus::eye, gradus::full, gradus::ones, gradus::rand, gradus::randn, gradus::randperm,
    gradus::tensor, gradus::zeros;
}  // namespace lab
