// says: ten steps on the sum with the rate 0.03 lead to the loss 0.7833, on the mean with your rate 0.03 to 1.442
// looks like: the same rate for both
#include "course.h"

double ratio_for_classes(int64_t rows, int64_t) { return static_cast<double>(rows); }

double ratio_for_numbers(int64_t rows, int64_t columns) { return static_cast<double>(rows * columns); }

double rate_for_mean(double rate_of_sum, double) { return rate_of_sum; }
