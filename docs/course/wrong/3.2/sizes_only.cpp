// says: x.t() read along its rows is 1 4 2 5 3 6, and yours is 1 2 4 5 7 8
// looks like: the sizes are exchanged, and the strides are not: so rows still begin 3 elements apart
#include "course.h"

View turned(const View& view) {
  View result = view;
  std::swap(result.sizes[0], result.sizes[1]);
  return result;
}
