// What tests of the device begin with.
#pragma once

#include <gtest/gtest.h>

#include "gradus.h"

namespace gradus::test {

/// Skips where there is no device.
class OnDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::is_available()) GTEST_SKIP() << "there is no cuda device";
  }
};

/// Skips also where the device lacks kernels of one of these families; the Error says which.
class WithKernels : public OnDevice {
 protected:
  void SetUp() override {
    OnDevice::SetUp();
    if (!cuda::is_available()) return;
    try {
      const Tensor x = ones({2, 2}, TensorOptions(kCUDA).requires_grad(true));
      (x.mm(x).index({arange(2, TensorOptions(kCUDA))}) * 2).sum().backward();
      nn::functional::cross_entropy(x, ones({2}, TensorOptions(kInt64).device(kCUDA))).backward();
      optim::Adam({x}, 0.1).step();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

}  // namespace gradus::test
