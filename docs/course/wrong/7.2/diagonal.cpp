// says: gradcheck: softmax, input 0 (1, 3), entry (0, 0): analytic 0 but numeric -0.159764 (difference 0.159764 > tolerance 0.000169764) for output entry (0, 1)
// looks like: yᵢ (1 - yᵢ), the slope of yᵢ by its own xᵢ; the others of the row are forgotten
#include "course.h"

Tensor softmax_rule(const Tensor& g, const Tensor& y) { return g * y * (1 - y); }
