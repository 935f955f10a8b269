// Pairs of every size.
#pragma once

#include "check.h"

namespace course {

struct Part {
  bool (*agree)(double analytic, double numeric);
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](double a, double b, bool equal) {
    std::ostringstream pair;
    pair.precision(7);
    pair << a << " and " << b << " are called ";
    const bool yours = check.note(part.agree(a, b)) != 0;
    check.expect(yours == equal, pair.str(), yours ? "equal" : "different");
  };
  check.point("equal", [&] { compare(3, 3, true); });
  check.point("near 0", [&] { compare(0, 1e-12, true); });
  check.point("large", [&] { compare(1e6, 1000001, true); });
  check.point("clearly different", [&] { compare(12, 24, false); });
  check.point("signs", [&] { compare(2, -2, false); });
  check.point("nan", [&] { compare(NAN, 1, false); });
  const double x = 1 + rand({}, kFloat64).item<double>();
  check.point("half a thousandth", [&] { compare(x * 1.0005, x, true); });
  check.point("two thousandths", [&] { compare(x * 1.002, x, false); });
}

}  // namespace course
