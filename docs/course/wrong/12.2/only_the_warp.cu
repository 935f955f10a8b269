// says: reverse, block (0, 0, 0), thread (0, 0, 0): __syncwarp (only_the_warp.cu:9): the mask 0xffffffff names lanes beyond the end of the block
// looks like: __syncwarp waits for the 32 threads of the warp, and the element may come from another warp
#include "kernel.h"

__global__ void reverse(float* x, int n) {
  __shared__ float tile[256];
  const int i = threadIdx.x;
  if (i < n) tile[i] = x[i];
  __syncwarp();
  if (i < n) x[i] = tile[n - 1 - i];
}
