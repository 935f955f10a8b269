// 12.3  The sum of a block                                                              40 minutes, chapter 12
//
// 64 threads, 64 partial sums. In the first round 32 of them add a neighbour's sum to their own, in the next 16, then 8,
// until one is left. Six rounds instead of 63 additions in a row.
#include "kernel.h"

/// *y = x[0] + … + x[n - 1]. There is one block. The number of its threads is a power of two, at most 256; n may be any
/// number, 0 as well.
__global__ void sum(float* y, const float* x, int n) {  // your part
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
  if (t == 0) *y = part[0];
}
