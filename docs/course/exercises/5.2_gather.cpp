// 5.2  Two gradients arrive                                                             15 minutes, chapter 5
//
// A tensor that two ops have used gets two gradients. The engine keeps what has arrived so far in `sum`, which is
// undefined before the first one comes. Write what happens when a gradient arrives.
#include "course.h"

/// Adds `gradient` to `sum`. Whoever sent the gradient may still use it, so its elements must not change.
void gather(Tensor& sum, const Tensor& gradient) {  // your part
  not_yet("5.2");
}
