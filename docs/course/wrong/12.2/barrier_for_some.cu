// says: reverse, block (0, 0, 0): deadlock: 100 threads wait at __syncthreads (barrier_for_some.cu:10), such as thread (0, 0, 0); 28 have returned
// looks like: the barrier is inside the if: the threads beyond n never arrive there, and the others wait for them
#include "kernel.h"

__global__ void reverse(float* x, int n) {
  __shared__ float tile[256];
  const int i = threadIdx.x;
  if (i < n) {
    tile[i] = x[i];
    __syncthreads();
    x[i] = tile[n - 1 - i];
  }
}
