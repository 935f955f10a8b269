// says: reverse, block (0, 0, 0), thread (48, 0, 0): race in global memory: reads (no_tile.cu:7) what thread (47, 0, 0) of block (0, 0, 0) wrote (no_tile.cu:7), and no barrier orders them
// looks like: without a tile a thread overwrites an element that another thread still has to read
#include "kernel.h"

__global__ void reverse(float* x, int n) {
  const int i = threadIdx.x;
  if (i < n) x[n - 1 - i] = x[i];
}
