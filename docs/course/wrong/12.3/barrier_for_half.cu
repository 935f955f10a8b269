// says: sum, block (0, 0, 0): deadlock: 32 threads wait at __syncthreads (barrier_for_half.cu:15), such as thread (0, 0, 0); 32 have returned
// looks like: the barrier is inside the if: those who have nothing to add must wait there, too
#include "kernel.h"

__global__ void sum(float* y, const float* x, int n) {
  __shared__ float part[256];
  const int t = threadIdx.x, threads = blockDim.x;
  float mine = 0;
  for (int i = t; i < n; i += threads) mine += x[i];
  part[t] = mine;
  __syncthreads();
  for (int half = threads / 2; half > 0; half /= 2)
    if (t < half) {
      part[t] += part[t + half];
      __syncthreads();
    }
  if (t == 0) *y = part[0];
}
