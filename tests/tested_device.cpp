// The device whose ops op_test.cpp tests: the CPU in op_test, the CUDA device in op_cuda_test.
#include "tensor/options.h"

#ifndef GRADUS_TESTED_DEVICE
#define GRADUS_TESTED_DEVICE kCPU
#endif

namespace gradus::test {

Device tested_device() { return GRADUS_TESTED_DEVICE; }

}  // namespace gradus::test
