// Writes nn_reference.json: libtorch's numbers for tests/nn_reference.h and tests/optim_reference.h. This is
// not a part of the tests. Run it by hand after these two files have changed. With Debian's libtorch-dev,
// from the repository's root:
//
//   g++ -std=c++17 -I. -I/usr/include/torch/csrc/api/include tests/data/nn_reference.cpp -ltorch -ltorch_cpu
//       -lc10 -o nn_reference && ./nn_reference > tests/data/nn_reference.json
#include <torch/torch.h>

#include <cmath>
#include <cstdio>

namespace lib = torch;
#define LIB_OPTIONAL_SIZE c10::optional<size_t>
#include "tests/nn_reference.h"
#include "tests/optim_reference.h"

int main() {
  reference::Numbers numbers;
  for (const auto compute :
       {reference::activations, reference::losses, reference::losses_of_pairs, reference::losses_of_margins,
        reference::similarities, reference::layers, reference::initialisers, reference::optimisers,
        reference::training_tools, reference::data})
    compute(numbers);
  std::printf("{\n \"source\": \"libtorch %s\"", TORCH_VERSION);
  for (const auto& [name, values] : numbers) {
    std::printf(",\n \"%s\": [", name.c_str());
    for (size_t i = 0; i < values.size(); ++i) std::printf("%s%.17g", i ? ", " : "", values[i]);
    std::printf("]");
  }
  std::printf("\n}\n");
}
