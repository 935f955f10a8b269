// says: reverse, block (0, 0, 0), thread (0, 0, 0): reads shared memory (no_barrier.cu:9) that nobody has written
// looks like: there is no barrier: a thread reads from the tile what another has not yet put there
#include "kernel.h"

__global__ void reverse(float* x, int n) {
  __shared__ float tile[256];
  const int i = threadIdx.x;
  if (i < n) tile[i] = x[i];
  if (i < n) x[i] = tile[n - 1 - i];
}
