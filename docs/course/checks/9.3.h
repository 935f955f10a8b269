// A net with dropout, and a layer that looks whether ops are recorded.
#pragma once

#include "check.h"

namespace course {

struct Part {
  double (*accuracy_of)(nn::Sequential& net, const Tensor& x, const Tensor& y);
};

/// Passes its input on, and notes whether ops are being recorded.
struct Witness : nn::Module {
  explicit Witness(bool& recorded) : recorded(recorded) {}
  Tensor forward(const Tensor& x) {
    recorded = GradMode::is_enabled();
    return x;
  }
  bool& recorded;
};

inline void ask(const Part& part, Check& check) {
  const auto ask_net = [&](int64_t rows, int64_t features, int64_t classes, bool training) {
    bool recorded = false;
    nn::Sequential net(nn::Linear(features, 32), nn::ReLU(), nn::Dropout(0.5), nn::Linear(32, classes),
                       Witness(recorded));
    const Tensor x = randn({rows, features});
    net->eval();
    Tensor y = net->forward(x).argmax(1);
    y = where(rand({rows}) < 0.25, (y + 1) % classes, y);  // a quarter is something else
    const double right = (net->forward(x).argmax(1) == y).to(kFloat64).mean().item<double>();
    net->train(training);
    const double first = part.accuracy_of(net, x, y);
    const bool mode_after = net->is_training();
    net->train(training);
    const double second = part.accuracy_of(net, x, y);
    check.note(first), check.note(second), check.note(mode_after), check.note(recorded);
    check.expect(first == second, "two calls gave ", 100 * first, " % and ", 100 * second,
                 " %: is the net in training mode?");
    check.expect(std::abs(first - right) < 1e-9, "the net gets ", 100 * right, " % right, and you say ",
                 100 * first, " %");
    check.expect(mode_after == training, "the net came in ", training ? "training" : "evaluation",
                 " mode, and is in ", mode_after ? "training" : "evaluation", " mode now");
    check.expect(!recorded, "the ops were recorded, and nobody will ask for a gradient: NoGradGuard");
  };
  check.point("a net in training", [&] { ask_net(400, 5, 3, true); });
  check.point("a net in use", [&] { ask_net(300, 4, 7, false); });
  check.point("recording goes on afterwards", [&] {
    check.expect(GradMode::is_enabled(),
                 "recording is switched off after your function, and training would stop");
  });
}

}  // namespace course
