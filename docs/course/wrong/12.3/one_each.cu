// says: the sum of 1000 numbers is 4925, and yours is 642
// looks like: each thread takes one number, so those after the first blockDim.x are left out
#include "kernel.h"

__global__ void sum(float* y, const float* x, int n) {
  __shared__ float part[256];
  const int t = threadIdx.x, threads = blockDim.x;
  part[t] = t < n ? x[t] : 0;
  __syncthreads();
  for (int half = threads / 2; half > 0; half /= 2) {
    if (t < half) part[t] += part[t + half];
    __syncthreads();
  }
  if (t == 0) *y = part[0];
}
