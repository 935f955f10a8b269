// says: gradcheck: softmax, input 0 (1, 3), entry (0, 0): analytic 0.439334 but numeric 0.224719 (difference 0.214615 > tolerance 0.000234719) for output entry (0, 0)
// looks like: the plain mean of ȳ is subtracted; the mean must be weighted with y
#include "course.h"

Tensor softmax_rule(const Tensor& g, const Tensor& y) { return y * (g - g.mean(1, /*keepdim=*/true)); }
