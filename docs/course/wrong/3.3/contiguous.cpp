// says: (3,) stretched to (2, 3): element (1, 0) is at 3 of memory, which has 3 elements
// looks like: strides as if the memory had all these elements; a row that repeats has the stride 0
#include "course.h"

View stretched(const View& view, const std::vector<int64_t>& shape) {
  View result = view;
  result.dim = static_cast<uint8_t>(shape.size());
  for (int d = 0; d < result.dim; ++d) result.sizes[d] = shape[d];
  result.set_contiguous_strides();
  return result;
}
