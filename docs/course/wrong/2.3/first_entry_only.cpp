// says: one of the five rules is wrong by a in entry 4, and you say that it is right
// looks like: you look at the first entry of each input, and hope that the others are like it
#include "course.h"

Place find_fault(const TwoTensors& f, const Tensor& a, const Tensor& b) {
  const auto gradients = autograd::grad({f(a, b).sum()}, {a, b});
  const NoGradGuard no_grad;
  const auto loss = [&] { return f(a, b).sum().item<double>(); };
  for (int64_t input : {0, 1}) {
    const Tensor place = (input == 0 ? a : b).detach().view({-1})[0];
    place += 1e-6;
    const double above = loss();
    place -= 2e-6;
    const double below = loss();
    place += 1e-6;
    if (std::abs(gradients[input].reshape({-1})[0].item<double>() - (above - below) / 2e-6) > 1e-4)
      return {input, 0};
  }
  return {-1, -1};
}
