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
  return {
      "derivative",  // 1. Σ sᵢ, the sum of all singular values
      "number",      // 2. s₀, the largest
      "error",       // 3. Σⱼ u₀ⱼ, the sum of the first row of U
      "derivative",  // 4. the entry (0, 1) of U Vᵀ
      "derivative",  // 5. the sum of all entries of U S Vᵀ
      "derivative",  // 6. s₂, the smallest
  };
}
