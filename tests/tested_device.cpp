// The device on which op_test.cpp tests the ops: the CPU for op_test, the CUDA device for op_cuda_test.
#include "tensor/options.h"

#ifndef GRADUS_TESTED_DEVICE
#define GRADUS_TESTED_DEVICE kCPU
#endif

namespace gradus::test {

Device tested_device() { return GRADUS_TESTED_DEVICE; }

}  // namespace gradus::test
