// says: x.t() read along its rows is 1 4 2 5 3 6, and yours is 1 2 3 4 5 6
// looks like: the sizes are exchanged, with new strides for them: that is x in another shape, not its transpose
#include "course.h"

View turned(const View& view) {
  View result = view;
  std::swap(result.sizes[0], result.sizes[1]);
  result.set_contiguous_strides();
  return result;
}
