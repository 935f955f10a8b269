// 3.1  Where is element (i, j)?                                                         15 minutes, chapter 3
//
// A View is an address, sizes and strides. Say at which element of memory x[i][j] stands, counted from the address. It
// has to be right for x, for x.t(), for every second column of x, and for a stretched row.
#include "course.h"

/// The position of element (i, j) of a two-dimensional view, in elements from view.data.
int64_t offset(const View& view, int64_t i, int64_t j) {  // your part
  return i * view.strides[0] + j * view.strides[1];
}
