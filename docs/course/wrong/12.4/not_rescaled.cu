// says: y[9] is 1.12e-05 and should be 2.244e-05
// looks like: the sum so far belongs to the old maximum: when a larger one comes, multiply it by e^(old - new)
#include "kernel.h"

__global__ void softmax(float* y, const float* x, int rows, int columns) {
  const int lane = threadIdx.x % 32, row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  if (row >= rows) return;  // all 32 of the warp
  float largest = -INFINITY, sum = 0;
  for (int i = lane; i < columns; i += 32) {
    const float number = x[row * columns + i], larger = fmaxf(largest, number);
    sum = sum + expf(number - larger);
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
