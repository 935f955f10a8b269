// 9.1  Sum or mean                                                                      15 minutes, chapter 9
//
// A loss of many rows is the sum of their losses, or the mean. The minimum is the same, and the gradients point the same
// way. Say how their lengths differ before you run it, and which rate makes up for it.
#include "course.h"

/// |gradient of the sum| / |gradient of the mean| of the cross-entropy of scores (rows, classes): one loss for each row.
double ratio_for_classes(int64_t rows, int64_t classes) {  // your part
  return static_cast<double>(rows);
}

/// The same of the squared error of numbers (rows, columns), which has one loss for each number.
double ratio_for_numbers(int64_t rows, int64_t columns) {  // your part
  return static_cast<double>(rows * columns);
}

/// The rate with which plain gradient descent on the mean takes the same steps as on the sum with the rate
/// `rate_of_sum`, if the two gradients have this ratio.
double rate_for_mean(double rate_of_sum, double ratio) {  // your part
  return rate_of_sum * ratio;
}
