// What a user reads when the device, its driver or a kernel fails. These tests need no device: they ask for the message.
#include <gtest/gtest.h>

#include <string>

#include "kernels/cuda/errors.h"
#include "tests/expectations.h"

namespace gradus::cuda {
namespace {

void expect_contains(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n  not in: " << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << "more than one line: " << text;
}

TEST(CudaErrors, ADeviceThatCanBeUsed) { EXPECT_EQ(why_no_device(cudaSuccess, 1, 13000, 13000), ""); }

TEST(CudaErrors, NoDriver) {
  expect_contains(
      why_no_device(cudaErrorInsufficientDriver, 0, 0, 13000),
      {"cuda: no device can be used: this machine has no NVIDIA driver", "install it", "--device cpu"});
}

TEST(CudaErrors, AnOldDriver) {
  for (const cudaError_t result : {cudaErrorInsufficientDriver, cudaErrorNoDevice})
    expect_contains(why_no_device(result, 0, 12040, 13000),
                    {"the driver is made for CUDA 12.4, but this build needs CUDA 13.0",
                     "install a newer driver", "build with the toolkit of CUDA 12.4", "--device cpu"});
}

TEST(CudaErrors, NoDevice) {
  for (const cudaError_t result : {cudaErrorNoDevice, cudaSuccess})
    expect_contains(why_no_device(result, 0, 13000, 13000),
                    {"there is none", "CUDA_VISIBLE_DEVICES", "--device cpu"});
}

/// The message of a call that fails with this error.
std::string message_of(cudaError_t result) {
  return error_of([&] { check_cuda(result, "some_kernel<float>"); });
}

TEST(CudaErrors, FailedCallsNameTheCallThePlaceAndTheWayOut) {
  EXPECT_EQ(message_of(cudaSuccess), "no error");
  expect_contains(message_of(cudaErrorNoKernelImageForDevice),
                  {"some_kernel<float> (cuda_errors_test.cpp:", "no kernel image", "no kernels for this GPU",
                   "-D CMAKE_CUDA_ARCHITECTURES="});
  expect_contains(message_of(cudaErrorIllegalAddress),
                  {"illegal memory access", "CUDA_LAUNCH_BLOCKING=1", "compute-sanitizer"});
  expect_contains(message_of(cudaErrorMemoryAllocation), {"out of memory", "smaller batches"});
  expect_contains(message_of(cudaErrorDevicesUnavailable), {"another program"});
}

}  // namespace
}  // namespace gradus::cuda
