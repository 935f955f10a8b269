// 6.3  Rows taken, rows given back                                                      30 minutes, chapter 6
//
// An embedding takes rows out of a table: y[i] = table[index[i]]. Its rule gives the rows back. An index may name a row
// twice, and there may be rows that nobody took.
#include "course.h"

/// The gradient of the table, (rows, n), from that of the rows that were taken, (k, n). `index` has k numbers, int64.
Tensor given_back(const Tensor& gradient, const Tensor& index, int64_t rows) {  // your part
  const Tensor table = zeros({rows, gradient.size(1)}, gradient.dtype());
  for (int64_t i = 0; i < index.size(0); ++i) table[index[i].item<int64_t>()] += gradient[i];
  return table;
}
