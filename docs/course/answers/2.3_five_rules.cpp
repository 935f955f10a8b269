// 2.3  Five rules, two of them wrong                                                    40 minutes, chapter 2
//
// Somebody has written five ops of two tensors. Two have a wrong derivative rule, one of them in a single entry. Which
// they are changes with the seed, so you cannot guess. Write the detective.
#include "course.h"

/// The first entry of the first input at which the gradient of f(a, b).sum() is not what the difference quotient says.
/// The result is {input, entry}: input 0 is a and 1 is b, and entries are counted row by row from 0. {-1, -1} if all
/// entries are right. a and b are leaves of one shape, float64, that require grad, and f(a, b) has their shape.
Place find_fault(const TwoTensors& f, const Tensor& a, const Tensor& b) {  // your part
  const auto gradients = autograd::grad({f(a, b).sum()}, {a, b});
  const NoGradGuard no_grad;
  const auto loss = [&] { return f(a, b).sum().item<double>(); };
  for (int64_t input : {0, 1})
    for (int64_t entry = 0; entry < a.numel(); ++entry) {
      const Tensor place =
          (input == 0 ? a : b).detach().view({-1})[entry];  // a view: writing into it changes a
      place += 1e-6;
      const double above = loss();
      place -= 2e-6;
      const double below = loss();
      place += 1e-6;
      const double analytic = gradients[input].reshape({-1})[entry].item<double>();
      if (std::abs(analytic - (above - below) / 2e-6) > 1e-4) return {input, entry};
    }
  return {-1, -1};
}
