// says: x.t()[0][1] is 4, but you read 2, element 1 of memory
// looks like: i · columns + j: this holds for a contiguous matrix only
#include "course.h"

int64_t offset(const View& view, int64_t i, int64_t j) { return i * view.sizes[1] + j; }
