// The text of a program in C++.
#pragma once

#include "tensor/program/compile/fuse.h"

namespace gradus::programs {

struct Source {
  std::string text;
  std::vector<void*> memory;      // memory i is program.elements<T>(i) in the text
  size_t loops = 0, kernels = 0;  // loops in the text, and calls that stay calls of kernels
};

Source write_source(const Contents& program);

/// The name of the text's function.
inline constexpr const char* kFunctionName = "run_program";

}  // namespace gradus::programs
