// Tensors whose sizes, offsets or strides do not fit into 32 bits.
#include <chrono>

#include "on_device.h"

namespace gradus {
namespace {

constexpr int64_t k2To31 = int64_t{1} << 31;

/// Makes a tensor of more than 2³¹ booleans, a little more than 2 GiB. Tests are skipped if the device
/// has less memory.
class CudaSizes : public test::OnDevice {
 protected:
  static constexpr int64_t n = k2To31 + (1 << 26);
  Tensor x;

  void SetUp() override {
    OnDevice::SetUp();
    if (IsSkipped()) return;
    try {
      x = empty({n}, TensorOptions(kBool).device(kCUDA));
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
  void TearDown() override { x = Tensor(); }
};

/// On the emulator the test ends after its first part; the second would take minutes.
TEST_F(CudaSizes, ReductionsReadEveryElement) {
  const auto ones_summed = [](int64_t count) {
    return ones({1}, TensorOptions(kInt64).device(kCUDA)).expand({count}).sum().item<int64_t>();
  };
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ones_summed(k2To31 / 256), k2To31 / 256);
  if (std::chrono::steady_clock::now() - start > std::chrono::seconds(1))
    GTEST_SKIP() << "the rest would take minutes on this device";
  EXPECT_EQ(ones_summed(n), n);
  x.fill_(false);
  EXPECT_FALSE(x.slice(0, k2To31 - 100).any().item<bool>());
}

TEST_F(CudaSizes, PositionsAndRowsHave64Bits) {
  x.slice(0, 0, 8).fill_(false);
  x.slice(0, k2To31 - 8, k2To31 + 8).fill_(false);
  const auto mixed = tensor({true, false, true}, kBool);
  x.index_put_({tensor({k2To31 - 1, k2To31 + 1}, kCUDA)}, true);
  EXPECT_TRUE(equal(x.index({tensor({k2To31 - 1, k2To31, k2To31 + 1}, kCUDA)}).cpu(), mixed));
  EXPECT_TRUE(equal(x.gather(0, tensor({k2To31 - 1, k2To31, k2To31 + 1}, kCUDA)).cpu(), mixed));
  const Tensor rows =
      x.view({-1, 4}).index_select(0, tensor({int64_t{0}, k2To31 / 4 - 1, k2To31 / 4}, kCUDA));
  EXPECT_TRUE(equal(
      rows.cpu(),
      tensor({{false, false, false, false}, {false, false, false, true}, {false, true, false, false}})));
}

TEST_F(CudaSizes, StridesHave64Bits) {
  const Tensor far = x.slice(0, 0, n, k2To31 / 2);  // three elements
  far.copy_(tensor({false, false, true}, kCUDA));
  EXPECT_TRUE(x[k2To31].item<bool>());
  EXPECT_TRUE(equal(std::get<1>(far.sort(0, /*descending=*/true)).cpu(), tensor({2, 0, 1})));
  EXPECT_TRUE(equal(far.logical_not().cpu(), tensor({true, true, false})));
  // The last row has an offset above 2³¹.
  const Tensor matrix = x.view({64, -1}).slice(1, 0, 40).fill_(false);
  matrix[63][2] = true;
  const Tensor transposed = matrix.t().contiguous();
  EXPECT_TRUE(transposed[2][63].item<bool>());
  EXPECT_EQ(transposed.sum().item<int64_t>(), 1);
}

}  // namespace
}  // namespace gradus
