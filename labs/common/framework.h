// What a lab computes with: Gradus; or libtorch under Gradus's name, since a lab's functions are written in the part
// of the interface that both have. `cmake -D GRADUS_COMPARE_LIBTORCH=ON` compiles each lab in this second way too.
#pragma once

#if GRADUS_LIBTORCH
#include <torch/torch.h>
namespace gradus = torch;
#else
#include <gradus.h>
#endif
