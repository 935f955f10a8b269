// 1.3  How large a step?                                                                15 minutes, chapter 1
//
// Before you begin, say which of the rates 0.01, 0.03, 0.1, 0.3 will be too large for the 3 × 3 matrix of the chapter.
// Write your guess down. Then write the function that finds out for any matrix.
#include "course.h"

/// The largest of `rates`, which are in ascending order, with which the loss ends below where it began; 0 if there is
/// none. `loss_after(rate)` runs 100 epochs with this rate and returns the loss. It takes any number as a rate;
/// loss_after(0) moves nothing, so it returns the loss of the start.
double largest_rate(const std::vector<double>& rates, const NumberFunction& loss_after) {  // your part
  not_yet("1.3");
}
