// Writes nn_reference.json, what libtorch computes for tests/nn_reference.h. Not a part of the tests: run by
// hand when that file grows. With Debian's libtorch-dev, from the repository's root:
//
//   g++ -std=c++17 -I. -I/usr/include/torch/csrc/api/include tests/data/nn_reference.cpp -ltorch -ltorch_cpu
//       -lc10 -o nn_reference && ./nn_reference > tests/data/nn_reference.json
#include <torch/torch.h>

#include <cmath>
#include <cstdio>

namespace lib = torch;
#define LIB_OPTIONAL_SIZE c10::optional<size_t>
#include "tests/nn_reference.h"

int main() {
  std::printf("{\n \"source\": \"libtorch %s\"", TORCH_VERSION);
  for (const auto& [name, values] : reference::all_numbers()) {
    std::printf(",\n \"%s\": [", name.c_str());
    for (size_t i = 0; i < values.size(); ++i) std::printf("%s%.17g", i ? ", " : "", values[i]);
    std::printf("]");
  }
  std::printf("\n}\n");
}
