// 11.1  The rule of an inverse                                                          30 minutes, chapter 11
//
// Y = A⁻¹. From A Y = I follows dA Y + A dY = 0. Solve it for dY, and find what goes back.
#include "course.h"

using autograd::record, autograd::saved, autograd::wrt;

/// Y = A⁻¹ of a matrix (n, n), recorded as "my_inverse" with a rule that uses Y alone. It can be differentiated again.
Tensor my_inverse(const Tensor& a) {  // your part
  not_yet("11.1");
}
