// Writes before, between and after; into x, and into its memory through a view.
#pragma once

#include "check.h"

namespace course {

struct Part {
  Tensor (*my_square)(const Tensor& x);
};

inline void ask(const Part& part, Check& check) {
  // A tensor that may be written into: a leaf that requires grad must not be.
  const auto made_from = [](const Tensor& leaf) { return leaf * 1; };
  // Expects an Error from backward after `write` has changed x. `entry` is one that it has changed.
  const auto expect_error = [&](const Tensor& values, auto write, int64_t entry) {
    const Tensor leaf = values.detach().requires_grad_(), x = made_from(leaf), y = part.my_square(x);
    check.note(y);
    const double right = 2 * x.detach().reshape({-1})[entry].item<double>();
    write(x.detach());
    try {
      y.sum().backward();
    } catch (const NotYet&) {
      throw;
    } catch (const std::exception&) {
      check.note(-1);
      return;
    }
    const double yours = check.note(leaf.grad()).reshape({-1})[entry].item<double>();
    check.expect(std::abs(yours - right) > 1e-6, "x was overwritten, and x̄ came out as ", yours,
                 " all the same: your rule has a copy of x's numbers. Keep x itself, and its version");
    check.expect(false, "x was overwritten after my_square had kept it, and x̄ came out as ", yours,
                 " instead of ", right, ", silently");
  };
  check.point("written before the op", [&] {
    const Tensor leaf = rand({4}).requires_grad_(), x = made_from(leaf);
    x.mul_(2);
    const Tensor y = part.my_square(x);
    try {
      y.sum().backward();
    } catch (const std::exception& error) {
      check.expect(false,
                   "x was written into before my_square used it, which is allowed, and yet: ", error.what());
    }
    check.expect(allclose(check.note(leaf.grad()), 8 * leaf), "the gradient of Σ (2 x)² is ",
                 in_a_row(8 * leaf), ", and yours is ", in_a_row(leaf.grad()));
  });
  check.point("value and gradient", [&] {
    const Tensor x = rand({2, 3}, kFloat64).t().requires_grad_(), y = part.my_square(x);
    check.expect(allclose(check.note(y), x * x), "x² is ", in_a_row(x * x), ", and yours is ", in_a_row(y));
    autograd::gradcheck([&](const autograd::variable_list& in) { return part.my_square(in[0]); }, {x});
  });
  check.point("overwritten", [&] {
    expect_error(
        tensor({3., 1.}), [](const Tensor& x) { x.mul_(1.5); }, 0);
  });
  check.point("one entry overwritten", [&] {
    expect_error(
        tensor({{3., 2.}, {5., 1.}}), [](const Tensor& x) { x[1][1] = 0.25; }, 3);
  });
  check.point("overwritten through a transposed view", [&] {
    expect_error(
        arange(1., 7., kFloat32).view({2, 3}), [](const Tensor& x) { x.t()[2].mul_(3); }, 5);
  });
  check.point("twice backward, written after both", [&] {
    const Tensor leaf = tensor({3.}).requires_grad_(), x = made_from(leaf), y = part.my_square(x);
    y.backward({}, /*retain_graph=*/true);
    y.backward();
    x.detach().mul_(2);
    check.expect(check.note(leaf.grad().item<double>()) == 12, "two passes add up to 12, and yours to ",
                 leaf.grad().item<double>());
  });
}

}  // namespace course
