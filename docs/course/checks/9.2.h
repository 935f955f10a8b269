// The net is trained from twenty seeds, with Adam and the same loss each time.
#pragma once

#include "check.h"

namespace course {

struct Part {
  nn::Sequential (*xor_net)();
};

/// How many of the four cases are right after training from this seed?
inline int xor_right(nn::Sequential (*xor_net)(), uint64_t seed) {
  manual_seed(seed);
  nn::Sequential net = xor_net();
  const Tensor x = tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}),
               is_one = tensor({{0.}, {1.}, {1.}, {0.}});
  optim::Adam adam(net->parameters(), 0.1);
  for (int step = 0; step < 100; ++step) {
    adam.zero_grad();
    nn::functional::binary_cross_entropy_with_logits(net->forward(x), is_one).backward();
    adam.step();
  }
  const NoGradGuard no_grad;
  return static_cast<int>(((net->forward(x) > 0) == (is_one > 0.5)).sum().item<int64_t>());
}

inline void ask(const Part& part, Check& check) {
  check.point("its size", [&] {
    int64_t numbers = 0;
    for (const Tensor& p : part.xor_net()->parameters()) numbers += p.numel();
    check.note(static_cast<double>(numbers));
    check.expect(numbers <= 17, "your net has ", numbers, " numbers, and 17 are enough");
  });
  check.point("its shape", [&] {
    const Tensor y = part.xor_net()->forward(zeros({5, 2}));
    check.expect(y.sizes() == IntArrayRef({5, 1}), "five rows (5, 2) should give (5, 1), and yours gives ",
                 shape_of(y));
  });
  int learnt = 0, most = 0;
  check.point("all four cases", [&] {
    for (uint64_t i = 0; i < 20; ++i) {
      const int right = xor_right(part.xor_net, 100 * check.seed + i);
      check.note(right), learnt += right == 4, most = std::max(most, right);
    }
    check.expect(most == 4, "of twenty starts none gets all four cases right; the best gets ", most);
  });
  check.point("most starts", [&] {
    check.expect(learnt >= 18, "of twenty starts, fewer than 18 end with all four cases right");
  });
}

}  // namespace course
