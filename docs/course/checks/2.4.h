// The formula against the quotient itself.
#pragma once

#include "check.h"

namespace course {

struct Part {
  double (*quotient_of_abs)(double x, double eps);
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](double x, double eps) {
    const double yours = check.note(part.quotient_of_abs(x, eps));
    const double right = (std::abs(x + eps) - std::abs(x - eps)) / (2 * eps);
    check.expect(std::abs(yours - right) < 1e-6, "at x = ", x, " with ε = ", eps, " the quotient is ", right,
                 ", and you say ", yours);
  };
  check.point("near the kink", [&] { compare(1e-7, 1e-6); });
  check.point("away from it", [&] { compare(1e-3, 1e-6); });
  check.point("on it", [&] { compare(0, 1e-6); });
  check.point("on the left", [&] { compare(-3e-7, 1e-6), compare(-2, 1e-3); });
  check.point("anywhere", [&] { compare(rand({}, kFloat64).item<double>() - 0.5, 0.4); });
}

}  // namespace course
