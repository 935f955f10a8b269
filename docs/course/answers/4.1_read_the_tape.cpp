// 4.1  Read the tape                                                                    20 minutes, chapter 4
//
// A program has printed this tape. Write the program.
//
//         op    inputs  shape
//     x1  leaf          (2, 3)
//     x2  leaf          (3,)
//     %1  mul   x1, x2  (2, 3)
//     %2  exp   %1      (2, 3)
//     %3  sub   %2, x1  (2, 3)
//     %4  sum   %3      (2,)
//     %5  mul   %4, %4  (2,)
//     %6  mean  %5      ()
#include "course.h"

/// x is (2, 3) and w is (3,).
Tensor program(const Tensor& x, const Tensor& w) {  // your part
  const Tensor row_sums = ((x * w).exp() - x).sum(1);
  return (row_sums * row_sums).mean();
}
