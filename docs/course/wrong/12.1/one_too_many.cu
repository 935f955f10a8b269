// says: n is 40, and y[40] was written
// looks like: the guard lets i = n pass: the last element is n - 1
#include "kernel.h"

__global__ void add(float* y, const float* a, const float* b, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) y[i] = a[i] + b[i];
}
