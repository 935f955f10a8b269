// says: the table is (5, 2), and its gradient must be, too; yours is (3, 2)
// looks like: rows are taken out of the gradient, as forward takes them out of the table
#include "course.h"

Tensor given_back(const Tensor& gradient, const Tensor& index, int64_t) {
  return gradient.index_select(0, index.remainder(gradient.size(0)));
}
