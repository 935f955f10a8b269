// 8.2  Adam                                                                             30 minutes, chapter 8
//
// Every entry of x has its own step, of about the length of the rate. The formulas are at the head of optim/adam.h, and
// in the chapter. Write one step. optim::Adam goes beside you, and the check compares.
#include "course.h"

/// One step, the t-th, counted from 1, with β₁ = 0.9, β₂ = 0.999 and ε = 1e-8. x, m and v are changed in place; m and v
/// are 0 before the first step. Nothing is recorded.
void adam_step(Tensor& x, Tensor& m, Tensor& v, int t, const Tensor& gradient, double lr) {  // your part
  not_yet("8.2");
}
