// says: (3, 1) stretched to (3, 2): element (2, 1) is at 3 of memory, which has 3 elements
// looks like: only added dimensions repeat; one of size 1 that is stretched must repeat, too
#include "course.h"

View stretched(const View& view, const std::vector<int64_t>& shape) {
  View result = view;
  result.dim = static_cast<uint8_t>(shape.size());
  const int added = result.dim - view.dim;
  for (int d = 0; d < result.dim; ++d) {
    result.sizes[d] = shape[d];
    result.strides[d] = d < added ? 0 : view.strides[d - added];
  }
  return result;
}
