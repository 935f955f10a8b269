// Tensors as both Gradus and libtorch have them, name by name: creation, views, indexing, maths, reductions, access.
#include "framework.h"

namespace portable {
namespace {

TEST(Creation, FromNumbers) {
  EXPECT_EQ(tensor({{1, 2}, {3, 4}, {5, 6}}).sizes(), IntArrayRef({3, 2}));
  EXPECT_EQ(tensor({{1, 2}, {3, 4}}).dtype(), kInt64);
  EXPECT_TRUE(same(tensor({1.0, 2.0}), arange(1, 3).to(kFloat32)));
  EXPECT_TRUE(fails_with("out of bounds", [] { tensor({1, 2})[2]; }));
}

}  // namespace
}  // namespace portable
