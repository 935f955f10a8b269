// says: softmax, block (0, 0, 0): deadlock: 21 threads wait at __shfl_xor_sync (idle_lanes_leave.cu:15), such as thread (0, 0, 0); 107 have returned
// looks like: lanes without a number have left, but a shuffle waits for all lanes that its mask names
#include "kernel.h"

__global__ void softmax(float* y, const float* x, int rows, int columns) {
  const int lane = threadIdx.x % 32, row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  if (row >= rows || lane >= columns) return;
  float largest = -INFINITY, sum = 0;
  for (int i = lane; i < columns; i += 32) {
    const float number = x[row * columns + i], larger = fmaxf(largest, number);
    sum = sum * expf(largest - larger) + expf(number - larger);
    largest = larger;
  }
  for (int bits = 16; bits > 0; bits /= 2) {
    const float other = __shfl_xor_sync(0xffffffff, largest, bits);
    const float other_sum = __shfl_xor_sync(0xffffffff, sum, bits), larger = fmaxf(largest, other);
    if (larger == -INFINITY) continue;  // neither lane has had a number
    sum = sum * expf(largest - larger) + other_sum * expf(other - larger);
    largest = larger;
  }
  for (int i = lane; i < columns; i += 32) y[row * columns + i] = expf(x[row * columns + i] - largest) / sum;
}
