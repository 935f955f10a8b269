// says: add, block (1, 0, 0), thread (0, 0, 0): race in global memory: writes (grid_for_block.cu:7) what thread (2, 0, 0) of block (0, 0, 0) wrote (grid_for_block.cu:7), and no barrier orders them
// looks like: gridDim counts the blocks; a block has blockDim threads
#include "kernel.h"

__global__ void add(float* y, const float* a, const float* b, int n) {
  const int i = blockIdx.x * gridDim.x + threadIdx.x;
  if (i < n) y[i] = a[i] + b[i];
}
