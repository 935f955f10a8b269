// Tensors on the device: moving them, mixing devices, and errors of memory and kernels. The tests also run
// on a GPU.
#include <cmath>
#include <functional>

#include "../expectations.h"
#include "on_device.h"

namespace gradus {
namespace {

using CudaDevice = test::OnDevice;

TEST(CudaAvailability, AgreesWithDeviceCountAndErrors) {
  EXPECT_EQ(cuda::device_count(), cuda::is_available() ? 1 : 0);
  if (cuda::is_available()) return;
  EXPECT_ERROR(ones({2}, kCUDA), "cuda: no device can be used");
  EXPECT_ERROR(cuda::synchronize(), "use the cpu");
}

TEST_F(CudaDevice, HasAName) {
  EXPECT_FALSE(cuda::device_name().empty());
  cuda::synchronize();
}

TEST_F(CudaDevice, TensorsMoveThereAndBack) {
  const Tensor x = tensor({{1.5, 2}, {3, 4}}), y = x.to(kCUDA);
  EXPECT_TRUE(y.is_cuda());
  EXPECT_EQ(y.device().str(), "cuda:0");
  EXPECT_TRUE(y.cuda().is_same(y));
  EXPECT_TRUE(equal(y.cpu(), x));
  EXPECT_TRUE(equal(x.t().cuda().cpu(), x.t()));  // not contiguous
  EXPECT_TRUE(equal(y.select(1, 1).cpu(), x.select(1, 1)));
  EXPECT_EQ(y[1][0].item<double>(), 3);
  EXPECT_EQ(ones({2, 0}, kCUDA).cpu().numel(), 0);
  EXPECT_TRUE(equal(tensor({true, false}, kCUDA).cpu(), tensor({true, false})));
  EXPECT_TRUE(equal(tensor({int64_t{1} << 40}, kCUDA).cpu(), tensor({int64_t{1} << 40})));
}

TEST_F(CudaDevice, MovesAreRecorded) {
  const Tensor x = tensor({1.0, 2.0}, requires_grad());
  x.cuda().mul(3).cpu().sum().backward();
  EXPECT_TRUE(x.grad().device().is_cpu());
  EXPECT_TRUE(equal(x.grad(), tensor({3.0, 3.0})));
  const Tensor y = tensor({1.0, 2.0}, requires_grad().device(kCUDA));
  (y * y).sum().backward();
  EXPECT_TRUE(y.grad().is_cuda());
  EXPECT_TRUE(equal(y.grad().cpu(), tensor({2.0, 4.0})));
}

TEST_F(CudaDevice, Prints) {
  EXPECT_EQ(tensor({1.5, 2.0}, kCUDA).toString(), "tensor([1.5000, 2.0000], device='cuda:0')");
}

TEST_F(CudaDevice, SameSeedSameNumbers) {
  const auto draws = [](Device device) {
    manual_seed(7);
    const TensorOptions options = TensorOptions(device);
    return std::vector<Tensor>{rand({3, 4}, options).cpu(),
                               randn({50}, options).cpu(),
                               randint(0, 9, {5}, options).cpu(),
                               randperm(6, options).cpu(),
                               empty({4}, options).uniform_(-1, 1).cpu(),
                               bernoulli(full({9}, 0.5, options)).cpu()};
  };
  const std::vector<Tensor> here = draws(kCPU), there = draws(kCUDA);
  for (size_t i = 0; i < here.size(); ++i) EXPECT_TRUE(equal(here[i], there[i])) << i;
}

TEST_F(CudaDevice, MixingWithTheCpuIsAnError) {
  const std::string text =
      "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!";
  const Tensor there = ones({2, 2}, kCUDA), here = ones({2, 2});
  EXPECT_ERROR(there + here, "add: " + text);
  EXPECT_ERROR(here * there, "mul: " + text);
  EXPECT_ERROR(there.mm(here), "mm: " + text);
  EXPECT_ERROR(matmul(here, there), text);
  EXPECT_ERROR(cat({there, here}), "cat: " + text);
  EXPECT_ERROR(where(there > 0, here, there), "where: " + text);
  EXPECT_ERROR(there.add_(here), text);
  EXPECT_ERROR(there.index_put_({tensor({0})}, here), text);
  EXPECT_ERROR(embedding(there, tensor({0, 1})), "embedding: " + text);
  EXPECT_ERROR(gather(there, 1, tensor({{0}, {1}})), text);
  EXPECT_ERROR(scatter_add(there, 0, tensor({{0, 1}}, kCUDA), here), "scatter_add: " + text);
  EXPECT_ERROR(index_add(there, 0, tensor({0, 1}, kCUDA), here), "index_add: " + text);
  EXPECT_ERROR(index_add(there[0], 0, tensor({0, 1}), there[1]), text);
  EXPECT_ERROR(linalg::solve(here, there), "linalg.solve: " + text);
  Tensor parameter = ones({2, 2}, TensorOptions(kCUDA).requires_grad(true));
  parameter.mutable_grad() = here;
  EXPECT_ERROR(optim::Adam({parameter}, 0.1).step(), "its gradient is float32 (2, 2) on cpu");
  EXPECT_TRUE(equal(there.cpu(), here) && equal(parameter.cpu(), here))
      << "an op that failed wrote into a tensor";
}

TEST_F(CudaDevice, NumbersMayComeFromTheCpu) {
  const Tensor there = tensor({1.0, 2.0}, kCUDA), number = tensor(3.0);
  EXPECT_TRUE(equal((there * number).cpu(), tensor({3.0, 6.0})));
  EXPECT_TRUE(equal((number - there).cpu(), tensor({2.0, 1.0})));
  there.add_(number);
  EXPECT_TRUE(equal(there.cpu(), tensor({4.0, 5.0})));
  EXPECT_TRUE(equal(where(there > 4.5, number, there).cpu(), tensor({4.0, 3.0})));
}

TEST_F(CudaDevice, IndicesMayComeFromTheCpu) {
  const Tensor x = arange(6, TensorOptions(kFloat32).device(kCUDA)).view({3, 2});
  EXPECT_TRUE(equal(x.index({tensor({2, 0})}).cpu(), tensor({{4.0, 5.0}, {0.0, 1.0}})));
  EXPECT_TRUE(equal(x.index({tensor({true, false, true})}).cpu(), tensor({{0.0, 1.0}, {4.0, 5.0}})));
}

TEST_F(CudaDevice, EmptyTensorsNeedNoKernel) {
  const Tensor x = empty({0, 3}, kCUDA);
  EXPECT_EQ((x + 1).exp().t().contiguous().sizes(), IntArrayRef({3, 0}));
  EXPECT_EQ(x.sum().item<double>(), 0);
  EXPECT_EQ(x.mm(ones({3, 2}, kCUDA)).sizes(), IntArrayRef({0, 2}));
  EXPECT_EQ(ones({2, 0}, kCUDA).mm(ones({0, 2}, kCUDA)).sum().item<double>(), 0);
}

/// The message of the Error that f(device) throws, or "".
template <class F>
std::string error_on(const F& f, Device device) {
  try {
    f(device);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_F(CudaDevice, LinearAlgebraRaisesTheErrorsOfTheCpu) {
  const Tensor singular = stack({eye(3), tensor({{1.0, 2.0, 3.0}, {2.0, 4.0, 6.0}, {0.0, 1.0, 0.0}})}),
               indefinite = stack({eye(3), tensor({{1.0, 2.0, 0.0}, {2.0, 1.0, 0.0}, {0.0, 0.0, 1.0}})});
  const std::pair<const char*, std::function<void(Device)>> failures[] = {
      {"(Batch element 1): The solver failed because the input matrix is singular",
       [&](Device d) {
         linalg::solve(singular.to(d), ones({3, 1}, d));
       }},
      {"(Batch element 1): The diagonal element 3 is zero", [&](Device d) { linalg::inv(singular.to(d)); }},
      {"(Batch element 1): The factorization could not be completed "
       "because the input is not positive-definite (the leading minor of order 2",
       [&](Device d) { linalg::cholesky(indefinite.to(d)); }},
      {"leading minor of order 1", [](Device d) {
         cholesky(full({2, 2}, NAN, d));
       }}};
  for (const auto& [text, f] : failures) {
    EXPECT_NE(error_on(f, kCUDA).find(text), std::string::npos) << error_on(f, kCUDA);
    EXPECT_EQ(error_on(f, kCUDA), error_on(f, kCPU));
  }
  EXPECT_ERROR(linalg::eigh(full({2, 2}, NAN, kCUDA)),
               "linalg.eigh: the matrix of shape (2, 2) holds NaN or infinity");
  EXPECT_ERROR(linalg::qr(ones({2, 2}, TensorOptions(kInt64).device(kCUDA))),
               "Expected a floating point tensor");
}

/// An element that is NaN on the CPU must be NaN on the device. The device may have more NaNs, because LAPACK
/// does not change the elements after a pivot that is NaN.
TEST_F(CudaDevice, LinearAlgebraOfNaNs) {
  for (int64_t bad = 0; bad < 9; ++bad) {
    const Tensor A = eye(3) + 1;
    A.view({9})[bad].fill_(NAN);
    const auto compare = [&](const char* what, auto f) {
      const Tensor there = isnan(f(A.to(kCUDA))).cpu(), here = isnan(f(A));
      EXPECT_TRUE(any(there).item<bool>()) << what << " with NaN at " << bad;
      EXPECT_FALSE(any(here & ~there).item<bool>()) << what << " with NaN at " << bad;
    };
    compare("det", [](const Tensor& A) { return det(A); });
    compare("solve", [](const Tensor& A) { return linalg::solve(A, ones({3}, A.options())); });
    compare("inv", [](const Tensor& A) { return linalg::inv(A); });
    compare("qr", [](const Tensor& A) { return std::get<1>(linalg::qr(A)); });
  }
}

TEST_F(CudaDevice, IndicesOutOfRangeAreErrorsAndTheDeviceStaysUsable) {
  namespace F = nn::functional;
  const Tensor x = ones({3, 2}, kCUDA), indices = tensor({0, 3}, kCUDA);
  EXPECT_ERROR(x.index({indices}), "index 3 is out of bounds for dimension 0 with size 3");
  EXPECT_ERROR(x.index_put_({indices}, 7), "index 3 is out of bounds");
  EXPECT_ERROR(x.index_select(0, indices), "index 3 is out of bounds");
  EXPECT_ERROR(x.gather(0, tensor({{0, -4}}, kCUDA)), "index -4 is out of bounds");
  EXPECT_ERROR(scatter_add(x, 0, tensor({{3}}, kCUDA), ones({1, 1}, kCUDA)), "index 3 is out of bounds");
  EXPECT_ERROR(embedding(x, indices), "embedding: index 3 at position (1,) is out of range");
  EXPECT_ERROR(F::cross_entropy(x, tensor({0, 1, 2}, kCUDA)), "target 2 at position 2 is out of range");
  EXPECT_ERROR(F::nll_loss(x, tensor({0, 1, -1}, kCUDA)), "target -1 at position 2 is out of range");
  EXPECT_TRUE(equal(x.cpu(), ones({3, 2}))) << "an op that failed wrote into x";
}

/// Views that expand one number to 2⁴² elements take no memory, but the results of ops on them would.
TEST_F(CudaDevice, OutOfMemoryIsAnErrorAndTheDeviceStaysUsable) {
  const int64_t many = int64_t{1} << 42;
  EXPECT_ERROR(empty({many}, kCUDA), "out of memory on cuda: could not allocate");
  const Tensor w = ones({1}, TensorOptions(kCUDA).requires_grad(true));
  EXPECT_ERROR(w.expand({many}) * 2, "out of memory on cuda: could not allocate");
  const Tensor loss = w.expand({many}).slice(0, 0, 3).sum();
  EXPECT_ERROR(loss.backward(), "out of memory on cuda: could not allocate");
  EXPECT_FALSE(w.grad().defined());
  (w * 3).sum().backward();
  EXPECT_EQ(w.grad().item<double>(), 3);
}

/// Released blocks are kept for tensors of the same size. If memory runs out, they must be freed for tensors
/// of other sizes.
TEST_F(CudaDevice, MemoryOfKeptBlocksIsFreedWhenNeeded) {
  const auto bytes = [](int64_t count) { return empty({count}, TensorOptions(kUInt8).device(kCUDA)); };
  int64_t free = 0;
  try {
    bytes(int64_t{1} << 42);
  } catch (const Error& error) {
    const std::string text = error.what();  // "… could not allocate … bytes; … of its … are free"
    free = std::stoll(text.substr(text.find("; ") + 2));
  }
  if (free > int64_t{1} << 30) GTEST_SKIP() << "filling the memory of this device would take too long";
  for (const int64_t part : {8, 7, 6, 5}) EXPECT_EQ(bytes(free / 10 * part).numel(), free / 10 * part);
}

TEST_F(CudaDevice, MemoryIsReused) {
  const void* block = nullptr;
  for (int i = 0; i < 3; ++i) {
    const Tensor x = ones({1000}, kCUDA);
    EXPECT_TRUE(i == 0 || x.data_ptr() == block);
    block = x.data_ptr();
  }
}

}  // namespace
}  // namespace gradus
