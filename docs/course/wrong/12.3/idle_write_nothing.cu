// says: sum, block (0, 0, 0), thread (5, 0, 0): reads shared memory (idle_write_nothing.cu:12) that nobody has written
// looks like: threads without a number leave their part as it was: it must be 0, because the rounds add it
#include "kernel.h"

__global__ void sum(float* y, const float* x, int n) {
  __shared__ float part[256];
  const int t = threadIdx.x, threads = blockDim.x;
  if (t < n) part[t] = 0;
  for (int i = t; i < n; i += threads) part[t] += x[i];
  __syncthreads();
  for (int half = threads / 2; half > 0; half /= 2) {
    if (t < half) part[t] += part[t + half];
    __syncthreads();
  }
  if (t == 0) *y = part[0];
}
