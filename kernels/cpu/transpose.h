// Copies a 2-D block from one memory layout to another, e.g. row-major to column-major.
#pragma once

#include "kernels/view.h"

namespace gradus::cpu {

/// The memory layout of a 2-D block: element (i, j) is i·row_stride + j·column_stride elements after data.
struct Layout2D {
  void* data;
  int64_t row_stride, column_stride;
};

/// to(i, j) = from(i, j) for rows × columns elements, both of `dtype`.
void copy_plane(Dtype dtype, Layout2D from, Layout2D to, int64_t rows, int64_t columns);

}  // namespace gradus::cpu
