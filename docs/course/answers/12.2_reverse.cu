// 12.2  Backwards                                                                       20 minutes, chapter 12
//
// A block turns an array round, in place. Each element has to be read by one thread and overwritten by another. So the
// block first carries all of them into memory that it shares.
#include "kernel.h"

/// x[i] becomes x[n - 1 - i]. There is one block, with n threads or more, and at most 256.
__global__ void reverse(float* x, int n) {  // your part
  __shared__ float tile[256];
  const int i = threadIdx.x;
  if (i < n) tile[i] = x[i];
  __syncthreads();
  if (i < n) x[i] = tile[n - 1 - i];
}
