// Copies of planes whose elements lie in one order, to where they shall lie in another.
#pragma once

#include "kernels/view.h"

namespace gradus::cpu {

/// Where the elements of a plane lie: element (i, j) is i·row + j·column elements after data.
struct Lie {
  void* data;
  int64_t row, column;
};

/// to(i, j) = from(i, j) for rows × columns elements, both of `dtype`.
void copy_plane(Dtype dtype, Lie from, Lie to, int64_t rows, int64_t columns);

}  // namespace gradus::cpu
