// says: (3,) stretched to (2, 3) is 1 2 3 1 2 3, and yours is 1 1 1 2 2 2
// looks like: the first dimensions correspond; count from the last one instead
#include "course.h"

View stretched(const View& view, const std::vector<int64_t>& shape) {
  View result = view;
  result.dim = static_cast<uint8_t>(shape.size());
  for (int d = 0; d < result.dim; ++d) {
    const bool repeated = d >= view.dim || (view.sizes[d] == 1 && shape[d] != 1);
    result.sizes[d] = shape[d];
    result.strides[d] = repeated ? 0 : view.strides[d];
  }
  return result;
}
