// says: row 2 was taken twice: its gradient is 2, not 1
// looks like: the rows are written, not added: the second overwrites the first
#include "course.h"

Tensor given_back(const Tensor& gradient, const Tensor& index, int64_t rows) {
  const Tensor table = zeros({rows, gradient.size(1)}, gradient.dtype());
  for (int64_t i = 0; i < index.size(0); ++i) table[index[i].item<int64_t>()].copy_(gradient[i]);
  return table;
}
