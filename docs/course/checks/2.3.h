// Five ops of two tensors. The seed draws which two are wrong, by which input and in which entry.
#pragma once

#include <random>

#include "check.h"

namespace course {

struct Part {
  Place (*find_fault)(const TwoTensors& f, const Tensor& a, const Tensor& b);
};

/// a b or a / b with right rules, except that the gradient by one input is wrong: in one entry, or in all.
struct FiveRulesOp {
  bool quotient;
  Place fault;  // {-1, -1}: right
  bool all_entries;

  Tensor operator()(const Tensor& a, const Tensor& b) const {
    using autograd::saved, autograd::wrt;
    const auto broken = [*this](const Tensor& gradient, int64_t input) {
      if (fault.first != input) return gradient;
      if (all_entries) return 2 * gradient;
      const Tensor copy = gradient.clone();
      const Tensor entry = copy.view({-1})[fault.second];
      entry += 0.5;
      return copy;
    };
    const Tensor x = a.detach(), y = b.detach();
    if (!quotient)
      return autograd::record(
          "first_op", x * y,
          wrt(a, saved(b), [=](const Tensor& g, const Tensor& b) { return broken(g * b, 0); }),
          wrt(b, saved(a), [=](const Tensor& g, const Tensor& a) { return broken(g * a, 1); }));
    return autograd::record(
        "second_op", x / y,
        wrt(a, saved(b), [=](const Tensor& g, const Tensor& b) { return broken(g / b, 0); }),
        wrt(b, saved(a, b),
            [=](const Tensor& g, const Tensor& a, const Tensor& b) { return broken(-g * a / (b * b), 1); }));
  }
};

inline std::string place_text(Place place) {
  return sentence("wrong by ", place.first == 0 ? "a" : "b", " in entry ", place.second);
}

inline void ask(const Part& part, Check& check) {
  std::mt19937_64 random(check.seed);
  const auto inspect = [&](const FiveRulesOp& op, bool stays) {
    const Tensor a = (rand({2, 3}, kFloat64) + 0.5).requires_grad_(),
                 b = (rand({2, 3}, kFloat64) + 0.5).requires_grad_();
    const Tensor before_a = a.detach().clone(), before_b = b.detach().clone();
    const Place found = part.find_fault(op, a, b);
    check.note(static_cast<double>(found.first)), check.note(static_cast<double>(found.second));
    if (stays) {
      for (const auto& [name, x, before] : {std::tuple("a", a, before_a), {"b", b, before_b}})
        check.expect(allclose(check.note(x.detach()), before, 0, 1e-9), "your function changes ", name,
                     ": it must put every entry back");
      return;
    }
    if (op.fault.first < 0) {
      check.expect(found == op.fault, "one of the five rules is right, and you call it ", place_text(found));
      return;
    }
    check.expect(found.first >= 0, "one of the five rules is ", place_text(op.fault),
                 ", and you say that it is right");
    check.expect(found == op.fault, "one of the five rules is ", place_text(op.fault), ", and you call it ",
                 place_text(found));
  };
  const auto other_than_first = [&] { return static_cast<int64_t>(1 + random() % 5); };
  const int64_t entry = other_than_first();
  check.point("inputs stay as they are", [&] { inspect({false, {-1, -1}, false}, true); });
  // The seed draws which of the inputs each fault is in, and the order of the five.
  std::vector<FiveRulesOp> ops = {{false, {0, entry}, false},
                                  {true, {1, 0}, true},
                                  {false, {-1, -1}, false},
                                  {true, {-1, -1}, false},
                                  {false, {-1, -1}, false}};
  if (random() % 2) std::swap(ops[0].quotient, ops[1].quotient);
  std::shuffle(ops.begin() + 1, ops.end(), random);
  for (size_t i = 0; i < ops.size(); ++i)
    check.point(sentence("op ", i + 1), [&] { inspect(ops[i], false); });
}

}  // namespace course
