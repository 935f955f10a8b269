// 8.1  Momentum                                                                         20 minutes, chapter 8
//
// The velocity v gathers the gradients. It keeps a share of itself from step to step, and x moves along it. Write one
// step, without an optimiser. optim::SGD goes beside you, and the check compares.
#include "course.h"

/// One step: v ← momentum · v + gradient, then x ← x - lr · v. Both x and v are changed in place. At the first step v is
/// 0. Nothing is recorded.
void momentum_step(Tensor& x, Tensor& v, const Tensor& gradient, double lr, double momentum) {  // your part
  not_yet("8.1");
}
