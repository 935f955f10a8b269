// says: gradcheck: softmax, input 0 (2, 3), entry (0, 0): analytic -0.0316569 but numeric 0 (difference 0.0316569 > tolerance 1e-05) for output entry (1, 0)
// looks like: the sum runs over the whole matrix: it is right for one row, and mixes the rows of a batch
#include "course.h"

Tensor softmax_rule(const Tensor& g, const Tensor& y) { return y * (g - (g * y).sum()); }
