// says: gradcheck: softmax, input 0 (1, 3), entry (0, 0): analytic 0.659001 but numeric 0.224719 (difference 0.434283 > tolerance 0.000234719) for output entry (0, 0)
// looks like: ȳ y, the rule of eˣ: the division by the sum is left out, and the sum depends on x, too
#include "course.h"

Tensor softmax_rule(const Tensor& g, const Tensor& y) { return g * y; }
