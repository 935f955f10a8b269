// Chains, the diamond, doublings.
#pragma once

#include "check.h"
#include "scalar.h"

namespace course {

struct Part {
  double (*descend)(const ScalarTape& tape, int node, double gradient, int64_t& visits);
  int64_t (*visits_for_thirty_doublings)();
};

inline void ask(const Part& part, Check& check) {
  const auto compare = [&](const std::string& program, const ScalarTape& tape, double right) {
    int64_t visits = 0;
    const double yours = check.note(part.descend(tape, static_cast<int>(tape.nodes.size()) - 1, 1, visits));
    check.expect(yours == right, program, ": x̄ is ", yours, ", and the recursion should say ", right);
  };
  check.point("a chain", [&] {
    ScalarTape tape;
    tape.times(5, tape.times(3, tape.leaf(2)));
    compare("a = 3 x;  b = 5 a", tape, 15);
  });
  check.point("the diamond", [&] {
    ScalarTape tape;
    const int y = tape.times(3, tape.leaf(2)), a = tape.times(2, y), b = tape.times(5, y);
    tape.add(a, b);
    compare("y = 3 x;  a = 2 y;  b = 5 y;  c = a + b", tape, 21);
  });
  const auto doublings = [&](int count, double& gradient) {
    ScalarTape tape;
    int last = tape.leaf(1);
    for (int i = 0; i < count; ++i) last = tape.add(last, last);
    int64_t visits = 0;
    gradient = part.descend(tape, last, 1, visits);
    return visits;
  };
  const int most = 3 + static_cast<int>(check.seed % 3);
  for (int count : {3, most + 5})
    check.point(sentence(count, " doublings"), [&] {
      double gradient = 0;
      const int64_t visits = doublings(count, gradient), right = (int64_t{2} << count) - 1;
      check.note(gradient), check.note(static_cast<double>(visits));
      check.expect(gradient == std::pow(2, count), count, " doublings: x̄ is ", gradient, ", not ",
                   std::pow(2, count));
      check.expect(visits == right, count, " doublings: you counted ", visits, " visits, there are ", right,
                   count == 3 ? ": 1 + 2 + 4 + 8" : "");
    });
  check.point("the prediction", [&] {
    const int64_t yours = part.visits_for_thirty_doublings();
    check.note(static_cast<double>(yours));
    check.expect(yours == 2147483647, "30 doublings: you said ", yours, ", it was 2147483647");
  });
}

}  // namespace course
