// Two sides instead of one: the error of the quotient falls with ε² instead of ε.
#pragma once

#include "check.h"

namespace course {

struct Part {
  double (*central)(const NumberFunction& f, double x, double eps);
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const std::string& name, const NumberFunction& f, double x, double derivative) {
    const double yours = check.note(part.central(f, x, 1e-6)), error = std::abs(yours - derivative);
    check.expect(error < 1e-3, "the derivative of ", name, " is ", derivative, ", and you say ", yours);
    std::ostringstream digits;
    digits.precision(2);
    digits << error;
    check.expect(error < 2e-9, "the derivative of ", name, ": error ", digits.str(),
                 " with ε = 1e-6, where 2e-10 can be had");
  };
  const auto exp = [](double x) { return std::exp(x); };
  check.point("eˣ", [&] { compare("eˣ at 1", exp, 1, std::exp(1.0)); });
  check.point("x³", [&] {
    compare(
        "x³ at 2", [](double x) { return x * x * x; }, 2, 12);
  });
  check.point("somewhere", [&] {
    const double x = rand({}, kFloat64).item<double>();
    compare(sentence("eˣ at ", x), exp, x, std::exp(x));
  });
  // One rounding more or less shows in the ninth digit: this tells apart which points were looked at.
  check.point("a quadratic", [&] {
    const double yours = check.note(part.central([](double x) { return x * x; }, 3, 0.5));
    check.expect(yours == 6, "for x² the quotient is exact whatever ε is: at 3 with ε = 0.5 it is 6, not ",
                 yours);
  });
}

}  // namespace course
