// 12.4  A softmax for each warp                                                         60 minutes, chapter 12
//
// yᵢ = e^(xᵢ - m) / Σⱼ e^(xⱼ - m), where m is the largest of the row (chapter 7). 32 threads share a row. Each finds the
// largest of its numbers and their sum in one pass: when a larger number comes, the sum so far is multiplied by
// e^(old - new). Then the 32 pairs are combined by shuffles. So x is read twice and not three times.
#include "kernel.h"

/// The softmax of each row of x (rows, columns), contiguous, into y. A warp takes one row: warp 0 of block 0 the first,
/// warp 1 of block 0 the second. There is a warp for every row, and perhaps more. Blocks have whole warps.
__global__ void softmax(float* y, const float* x, int rows, int columns) {  // your part
  const int lane = threadIdx.x % 32, row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  if (row >= rows) return;  // all 32 of the warp
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
