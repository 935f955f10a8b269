// 2.3  Five rules, two of them wrong                                                    40 minutes, chapter 2
//
// Somebody has written five ops of two tensors. Two have a wrong derivative rule, one of them in a single entry. Which
// they are changes with the seed, so you cannot guess. Write the detective.
#include "course.h"

/// The first entry of the first input at which the gradient of f(a, b).sum() is not what the difference quotient says.
/// The result is {input, entry}: input 0 is a and 1 is b, and entries are counted row by row from 0. {-1, -1} if all
/// entries are right. a and b are leaves of one shape, float64, that require grad, and f(a, b) has their shape.
Place find_fault(const TwoTensors& f, const Tensor& a, const Tensor& b) {  // your part
  not_yet("2.3");
}
