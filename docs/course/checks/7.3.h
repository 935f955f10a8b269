// The finder on losses whose broken op is known; then the net.
#pragma once

#include "check.h"

namespace course {

struct Part {
  std::string (*what_went_wrong)(const std::function<Tensor()>& loss);
  Tensor (*distances)(const Tensor& points);
};

/// Three layers of four ops each, the distances, and a loss that wants all points to be at the distance 1.
struct PointNet {
  Tensor (*distances)(const Tensor& points);
  Tensor points = randn({5, 2}, kFloat64);
  std::vector<Tensor> weights, biases;
  PointNet(Tensor (*distances)(const Tensor& points)) : distances(distances) {
    for (int layer = 0; layer < 5; ++layer) {
      weights.push_back(randn({2, 2}, kFloat64).requires_grad_());
      biases.push_back(zeros({2}, kFloat64).requires_grad_());
    }
  }
  Tensor loss() const {
    Tensor x = points;
    for (size_t layer = 0; layer < weights.size(); ++layer)
      x = (x.mm(weights[layer].t()) + biases[layer]).tanh();
    return (distances(x) - 1).pow(2).mean();
  }
};

/// How many ops lead to x?
inline double ops_before(const Tensor& x) {
  std::ostringstream tape;
  print_tape(x, tape);
  return static_cast<double>(std::ranges::count(tape.str(), '%'));
}

inline void ask(const Part& part, Check& check) {
  const auto leaf = [](std::initializer_list<double> x) {
    return tensor(std::vector<double>(x)).to(kFloat64).requires_grad_();
  };
  const auto found = [&](const std::function<Tensor()>& loss) {
    const std::string message = part.what_went_wrong(loss);
    const bool left_on = autograd::AnomalyMode::is_enabled();
    autograd::AnomalyMode::set_enabled(false);
    check.note(message.empty()), check.note(left_on);
    check.expect(!left_on, "anomaly mode is still on after your function, and slows all that comes");
    return message;
  };
  check.point("nothing is wrong", [&] {
    const Tensor x = leaf({1, 2});
    const std::string message = found([&] { return (x * x).sum(); });
    check.expect(message.empty(), "nothing is wrong with x², and you say ", message);
  });
  check.point("a square root at 0", [&] {
    const Tensor x = leaf({4, 0});
    const std::string message = found([&] { return (x.sqrt() * 0).sum(); });
    check.expect(!message.empty(), "the gradient of √x · 0 is nan at x = 0, and you say that all is well");
    check.expect(message.find("Sqrt") != std::string::npos, "the message should name sqrt, and yours is ",
                 message);
    const bool knows_place = message.find("is unknown") == std::string::npos;
    check.note(knows_place);
    check.expect(knows_place,
                 "the message does not say where the op was recorded: anomaly mode was off then");
  });
  check.point("the second input of a division", [&] {
    const Tensor a = leaf({1, 2}), b = leaf({1, 0});
    const std::string message = found([&] { return (a / b * 0).sum(); });
    check.expect(message.find("Div") != std::string::npos, "the message should name div, and yours is ",
                 message);
  });
  check.point("distances", [&] {
    const Tensor points = tensor({{0., 0.}, {3., 4.}, {3., 0.}}).to(kFloat64);
    const Tensor yours = check.note(part.distances(points));
    const Tensor right = tensor({{0., 5., 3.}, {5., 0., 4.}, {3., 4., 0.}}).to(kFloat64);
    check.expect(allclose(yours, right, 1e-9, 1e-9), "the distances of (0, 0), (3, 4) and (3, 0) are\n",
                 in_a_row(right), ", and yours are\n", in_a_row(yours));
  });
  check.point("the gradient in the net", [&] {
    const PointNet net(part.distances);
    const Tensor loss = net.loss();
    check.note(ops_before(loss));
    loss.backward();
    const Tensor gradient = check.note(net.weights[0].grad());
    if (isfinite(gradient).all().item<bool>()) return;
    const std::string message = part.what_went_wrong([&] { return net.loss(); });
    check.expect(false, "the loss is ", loss.item<double>(), ", and the gradient of the first weights is ",
                 in_a_row(gradient), ". Your function says:\n",
                 message.substr(0, message.find("It was recorded")));
  });
  check.point("the gradient by differences", [&] {
    autograd::gradcheck([&](const autograd::variable_list& in) { return part.distances(in[0]); },
                        {randn({4, 2}, kFloat64).requires_grad_()}, {.name = "distances"});
  });
}

}  // namespace course
