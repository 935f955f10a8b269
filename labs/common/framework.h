// What a lab computes with: Gradus; or libtorch under Gradus's name, since a lab's functions are written in the part
// of the interface that both have. `cmake -D GRADUS_COMPARE_LIBTORCH=ON` compiles the labs' headers in this way too.
#pragma once

#if GRADUS_LIBTORCH
#include <torch/torch.h>
namespace gradus = torch;
#else
#include <gradus.h>
#endif

// What lab functions are written in: namespace lab sees all of Gradus. libtorch has each creation function twice,
// at::rand below the tape and torch::rand on it; naming them here says which is meant.
namespace lab {
using namespace gradus;
using gradus::arange, gradus::eye, gradus::full, gradus::ones, gradus::rand, gradus::randn, gradus::randperm,
    gradus::tensor, gradus::zeros;
}  // namespace lab
