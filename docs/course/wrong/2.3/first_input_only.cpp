// says: one of the five rules is wrong by b in entry 0, and you say that it is right
// looks like: you look at a, and b has a rule of its own
#include "course.h"

Place find_fault(const TwoTensors& f, const Tensor& a, const Tensor& b) {
  const auto gradient = autograd::grad({f(a, b).sum()}, {a})[0].reshape({-1});
  const NoGradGuard no_grad;
  const auto loss = [&] { return f(a, b).sum().item<double>(); };
  for (int64_t entry = 0; entry < a.numel(); ++entry) {
    const Tensor place = a.detach().view({-1})[entry];
    place += 1e-6;
    const double above = loss();
    place -= 2e-6;
    const double below = loss();
    place += 1e-6;
    if (std::abs(gradient[entry].item<double>() - (above - below) / 2e-6) > 1e-4) return {0, entry};
  }
  return {-1, -1};
}
