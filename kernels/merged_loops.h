// Merges the loops over the elements of strided views. Every device starts from the merged loops.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/view.h"

namespace gradus {

/// A nest of loops over N views of one shape. Dimensions of size 1 are dropped. The others are
/// ordered so that the first view's strides shrink inwards, and neighbours are merged if every view
/// allows it. Contiguous views become one loop.
template <int N>
struct MergedLoops {
  int64_t count = 1;  // elements in all
  int dim = 0;
  int64_t sizes[kMaxDims + 2];  // outermost first, with room to pad the nest by two loops
  int64_t strides[kMaxDims + 2][N];

  template <class... Views>
  explicit MergedLoops(const Views&... views) {
    const View* all[] = {&views...};
    for (int d = 0; d < all[0]->dim; ++d) {
      if (all[0]->sizes[d] == 1) continue;
      int64_t steps[N];
      for (int v = 0; v < N; ++v) steps[v] = all[v]->strides[d];
      insert(all[0]->sizes[d], steps);
    }
    merge();
  }

 private:
  static int64_t magnitude(int64_t step) { return step < 0 ? -step : step; }

  void insert(int64_t size, const int64_t* steps) {
    int at = dim++;
    for (; at > 0 && magnitude(strides[at - 1][0]) < magnitude(steps[0]); --at) {
      sizes[at] = sizes[at - 1];
      for (int v = 0; v < N; ++v) strides[at][v] = strides[at - 1][v];
    }
    sizes[at] = size;
    for (int v = 0; v < N; ++v) strides[at][v] = steps[v];
    count *= size;
  }

  void merge() {
    int last = 0;
    for (int d = 1; d < dim; ++d) {
      bool mergeable = true;
      for (int v = 0; v < N; ++v) mergeable &= strides[last][v] == sizes[d] * strides[d][v];
      sizes[mergeable ? last : last + 1] = mergeable ? sizes[last] * sizes[d] : sizes[d];
      last += !mergeable;
      for (int v = 0; v < N; ++v) strides[last][v] = strides[d][v];
    }
    if (dim > 0) dim = last + 1;
  }
};

}  // namespace gradus
