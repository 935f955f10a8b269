// 12.1  Add two arrays                                                                  20 minutes, chapter 12
//
// A kernel is started with blocks of equal size. If n is no multiple of that size, there are more threads than elements.
#include "kernel.h"

/// y[i] = a[i] + b[i] for all i from 0 to n - 1, an element for each thread. There are n threads or more, in a grid and
/// blocks of one dimension.
__global__ void add(float* y, const float* a, const float* b, int n) {  // your part
  not_yet("12.1");
}
