// Runs the program and looks.
#pragma once

#include "check.h"

namespace course {

struct Part {
  std::vector<bool> (*is_leaf)();
  std::vector<bool> (*has_grad)();
};

inline void ask(const Part& part, Check& check) {
  const Tensor a = tensor({1., 2.}, requires_grad()), b = tensor({3., 4.}), c = a * b, d = b * 2,
               e = c.detach();
  const Tensor f = (a * 3).detach().requires_grad_(), g = c + d;
  g.retain_grad();
  Tensor h = zeros({2});
  h.add_(a);
  (c * e + f * g + h).sum().backward();
  const std::vector<Tensor> all = {a, b, c, d, e, f, g, h};
  const auto ask_each = [&](const char* question, const std::vector<bool>& yours, auto right) {
    check.point(question, [&] {
      check.expect(yours.size() == 8, "there are 8 tensors, and you give ", yours.size(), " answers");
    });
    if (yours.size() != 8) return;
    for (size_t i = 0; i < 8; ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      check.point(name, [&] {
        check.note(yours[i]);
        const auto word = [](bool answer) { return answer ? "yes" : "no"; };
        check.expect(yours[i] == right(all[i]), name, ": ", question, " ", word(right(all[i])),
                     ", and you say ", word(yours[i]));
      });
    }
  };
  std::vector<bool> leaves, grads;
  check.point("two lists", [&] { leaves = part.is_leaf(), grads = part.has_grad(); });
  if (check.not_yet()) return;
  ask_each("is it a leaf?", leaves, [](const Tensor& x) { return x.is_leaf(); });
  ask_each("does it have a .grad?", grads, [](const Tensor& x) { return x.grad().defined(); });
}

}  // namespace course
