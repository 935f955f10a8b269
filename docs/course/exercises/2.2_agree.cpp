// 2.2  Close enough                                                                     15 minutes, chapter 2
//
// The tape's derivative and the quotient of differences never agree to the last digit. Decide when they agree well
// enough. Both may be large, tiny or exactly 0.
#include "course.h"

/// Do the two derivatives agree? They may differ by 1e-5, and by a thousandth of `numeric` on top of that.
bool agree(double analytic, double numeric) {  // your part
  not_yet("2.2");
}
