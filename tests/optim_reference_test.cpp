// Compares all numbers of optim_reference.h with libtorch's.
#include <gtest/gtest.h>

#include "nn/nn.h"
#include "optim/optim.h"
#include "tensor/random.h"
#include "tests/compare_numbers.h"

namespace lib = gradus;
#include "tests/optim_reference.h"

namespace {

using Family = std::pair<const char*, void (*)(reference::Numbers&)>;
class AgainstLibtorch : public testing::TestWithParam<Family> {};

TEST_P(AgainstLibtorch, GivesTheSameNumbers) {
  reference::Numbers computed;
  GetParam().second(computed);
  compare_with_libtorch(computed);
}

INSTANTIATE_TEST_SUITE_P(Optim, AgainstLibtorch,
                         testing::Values(Family("optimisers", reference::optimisers),
                                         Family("training_tools", reference::training_tools)),
                         [](const auto& family) { return std::string(family.param.first); });

}  // namespace
