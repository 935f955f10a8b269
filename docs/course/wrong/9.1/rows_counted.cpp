// says: the squared error of (7, 4): the ratio is 28, and you said 7
// looks like: the mean of squared errors is one over all numbers, and not one over the rows
#include "course.h"

double ratio_for_classes(int64_t rows, int64_t) { return static_cast<double>(rows); }

double ratio_for_numbers(int64_t rows, int64_t) { return static_cast<double>(rows); }

double rate_for_mean(double rate_of_sum, double ratio) { return rate_of_sum * ratio; }
