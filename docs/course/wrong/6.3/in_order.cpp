// says: row 0 was never taken: its gradient is 0, not 1
// looks like: row i of the gradient goes to row i of the table; it belongs to row index[i]
#include "course.h"

Tensor given_back(const Tensor& gradient, const Tensor& index, int64_t rows) {
  const Tensor table = zeros({rows, gradient.size(1)}, gradient.dtype());
  for (int64_t i = 0; i < index.size(0); ++i) table[i % rows] += gradient[i];
  return table;
}
