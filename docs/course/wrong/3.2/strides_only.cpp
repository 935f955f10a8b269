// says: x is (2, 3) and x.t() is (3, 2), and yours is (2, 3)
// looks like: the strides are exchanged, and the sizes are not
#include "course.h"

View turned(const View& view) {
  View result = view;
  std::swap(result.strides[0], result.strides[1]);
  return result;
}
