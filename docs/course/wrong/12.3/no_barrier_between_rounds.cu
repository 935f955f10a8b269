// says: sum, block (0, 0, 0), thread (1, 0, 0): race in shared memory: writes (no_barrier_between_rounds.cu:13) what thread (0, 0, 0) of block (0, 0, 0) read (no_barrier_between_rounds.cu:13), and no barrier orders them
// looks like: nothing separates the rounds: a thread adds a neighbour's sum that the round before has not finished
#include "kernel.h"

__global__ void sum(float* y, const float* x, int n) {
  __shared__ float part[256];
  const int t = threadIdx.x, threads = blockDim.x;
  float mine = 0;
  for (int i = t; i < n; i += threads) mine += x[i];
  part[t] = mine;
  __syncthreads();
  for (int half = threads / 2; half > 0; half /= 2)
    if (t < half) part[t] += part[t + half];
  if (t == 0) *y = part[0];
}
