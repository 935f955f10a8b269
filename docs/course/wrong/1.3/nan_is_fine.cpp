// says: of 0.01, 0.03, 0.1, 0.3 you take 0.3, with which the loss is nan
// looks like: you leave out rates whose loss is larger than at the start. nan is not larger than anything
#include "course.h"

double largest_rate(const std::vector<double>& rates, const NumberFunction& loss_after) {
  double largest = 0;
  for (const double rate : rates) {
    if (loss_after(rate) > loss_after(0)) continue;
    largest = rate;
  }
  return largest;
}
