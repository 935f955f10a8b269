// Compares all numbers of nn_reference.h with libtorch's.
#include <gtest/gtest.h>

#include "nn/nn.h"
#include "optim/optim.h"
#include "tensor/random.h"
#include "tests/compare_numbers.h"

namespace lib = gradus;
#include "tests/nn_reference.h"

namespace {

using Family = std::pair<const char*, void (*)(reference::Numbers&)>;
class AgainstLibtorch : public testing::TestWithParam<Family> {};

TEST_P(AgainstLibtorch, GivesTheSameNumbers) {
  reference::Numbers computed;
  GetParam().second(computed);
  compare_with_libtorch(computed);
}

INSTANTIATE_TEST_SUITE_P(
    Nn, AgainstLibtorch,
    testing::Values(Family("activations", reference::activations), Family("losses", reference::losses),
                    Family("losses_of_pairs", reference::losses_of_pairs),
                    Family("losses_of_margins", reference::losses_of_margins),
                    Family("similarities", reference::similarities), Family("layers", reference::layers),
                    Family("initialisers", reference::initialisers), Family("data", reference::data)),
    [](const auto& family) { return std::string(family.param.first); });

}  // namespace
