// says: cross-entropy of (100, 3): the ratio is 100, and you said 300
// looks like: every score is counted; a row has one cross-entropy, however many classes there are
#include "course.h"

double ratio_for_classes(int64_t rows, int64_t classes) { return static_cast<double>(rows * classes); }

double ratio_for_numbers(int64_t rows, int64_t columns) { return static_cast<double>(rows * columns); }

double rate_for_mean(double rate_of_sum, double ratio) { return rate_of_sum * ratio; }
