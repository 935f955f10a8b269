// 11.3  What has no derivative                                                          20 minutes, chapter 11
//
// A is diag(2, 2, 1): two singular values are equal. A = U S Vᵀ by svd. Here are six functions of A. Say of each what
// backward gives:
//
//     "derivative"   the derivative
//     "number"       a number, although there is no derivative at this A
//     "error"        an Error
#include "course.h"

std::vector<std::string> answers() {  // your part
  not_yet("11.3");
}
