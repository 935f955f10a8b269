// A captured step in libtorch's spelling. Both frameworks skip it without a device.
#include "framework.h"

#if GRADUS_LIBTORCH && GRADUS_LIBTORCH_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#endif

namespace portable {
namespace {

#if !GRADUS_LIBTORCH
using gradus::cuda::CUDAGraph;
struct CaptureStream {};
#elif GRADUS_LIBTORCH_CUDA
using at::cuda::CUDAGraph;
/// libtorch does not capture in its default stream.
struct CaptureStream {
  c10::cuda::CUDAStreamGuard guard{c10::cuda::getStreamFromPool()};
};
#endif

#if !GRADUS_LIBTORCH || GRADUS_LIBTORCH_CUDA

TEST(CudaGraph, AReplayComputesWithTheValuesThatAreThereNow) {
  if (!cuda::is_available()) GTEST_SKIP() << "there is no cuda device";
  [[maybe_unused]] const CaptureStream stream;
  nn::Linear layer(4, 2);
  layer->to(kCUDA);
  const Tensor x = randn({3, 4}).to(kCUDA);
  const NoGradGuard no_grad;
  Tensor y = relu(layer->forward(x));
  CUDAGraph graph;
  graph.capture_begin();
  y = relu(layer->forward(x));
  graph.capture_end();
  for (int i = 0; i < 3; ++i) {
    x.copy_(randn({3, 4}));
    graph.replay();
    EXPECT_TRUE(same(y.cpu(), relu(layer->forward(x)).cpu()));
  }
  graph.reset();
}

#endif

}  // namespace
}  // namespace portable
