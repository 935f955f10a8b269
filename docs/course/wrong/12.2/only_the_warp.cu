// says: reverse, block (0, 0, 0), thread (31, 0, 0): reads shared memory (only_the_warp.cu:10) that nobody has written
// looks like: __syncwarp waits for the 32 threads of the warp, and the element may come from another warp
#include "kernel.h"

__global__ void reverse(float* x, int n) {
  __shared__ float tile[256];
  const int i = threadIdx.x;
  if (i < n) tile[i] = x[i];
  __syncwarp();
  if (i < n) x[i] = tile[n - 1 - i];
}
