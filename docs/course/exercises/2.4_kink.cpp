// 2.4  At the kink                                                                      15 minutes, chapter 2
//
// gradcheck refuses |x| at x = 1e-7 and accepts it at x = 1e-3. Say why before you go on. Then say in a formula what
// the quotient of differences is, for any x and ε.
#include "course.h"

/// (|x + ε| - |x - ε|) / 2ε for ε > 0, without evaluating |x ± ε|: say it as a function of x / ε.
double quotient_of_abs(double x, double eps) {  // your part
  not_yet("2.4");
}
