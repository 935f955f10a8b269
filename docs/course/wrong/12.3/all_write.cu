// says: sum, block (0, 0, 0), thread (58, 0, 0): race in global memory: writes (all_write.cu:16) what thread (57, 0, 0) of block (0, 0, 0) wrote (all_write.cu:16), and no barrier orders them
// looks like: all threads write the result: it is the same number, but one thread is enough, and only one is allowed
#include "kernel.h"

__global__ void sum(float* y, const float* x, int n) {
  __shared__ float part[256];
  const int t = threadIdx.x, threads = blockDim.x;
  float mine = 0;
  for (int i = t; i < n; i += threads) mine += x[i];
  part[t] = mine;
  __syncthreads();
  for (int half = threads / 2; half > 0; half /= 2) {
    if (t < half) part[t] += part[t + half];
    __syncthreads();
  }
  *y = part[0];
}
