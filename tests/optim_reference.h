// Like nn_reference.h: computes numbers with optimisers, a schedule and gradient clipping.
#pragma once

#include "tests/nn_reference.h"

namespace reference {

namespace optim = lib::optim;

/// Runs an optimiser on a loss without symmetry. Returns loss and parameters of the first six steps and of
/// every ninth one. In the first two steps `v` has no gradient. A closure computes loss and gradients,
/// because LBFGS needs one.
inline std::vector<double> trajectory(
    const std::function<std::unique_ptr<optim::Optimizer>(std::vector<Tensor>)>& make, int steps = 60) {
  Tensor W = scattered(2, 3).clone().requires_grad_(true), v = vector64({0.5, -1, 2}).requires_grad_(true);
  auto optimizer = make({W, v});
  std::vector<double> path;
  for (int step = 0; step < steps; ++step) {
    const Tensor loss = optimizer->step([&] {
      optimizer->zero_grad();
      const Tensor x = step < 2 ? v.detach() : v;
      const Tensor loss = (W.mv(x) - vector64({1, -2})).square().sum() + (W * W).sum() * 0.05;
      loss.backward();
      return loss;
    });
    if (step >= 6 && step % 9 != 0) continue;
    path.push_back(loss.item<double>());
    for (const Tensor& parameter : {W, v})
      for (double number : numbers(parameter)) path.push_back(number);
  }
  return path;
}

template <class Optimizer, class Options>
void optimiser(Numbers& out, const std::string& name, const Options& options) {
  out[name] = trajectory(
      [&](std::vector<Tensor> parameters) { return std::make_unique<Optimizer>(parameters, options); });
}

inline void optimisers(Numbers& out) {
  using optim::AdagradOptions, optim::AdamOptions, optim::AdamWOptions, optim::RMSpropOptions,
      optim::SGDOptions;
  optimiser<optim::SGD>(out, "SGD", SGDOptions(0.02));
  optimiser<optim::SGD>(out, "SGD decay", SGDOptions(0.02).weight_decay(0.1));
  optimiser<optim::SGD>(out, "SGD momentum", SGDOptions(0.02).momentum(0.9).weight_decay(0.1));
  optimiser<optim::SGD>(out, "SGD dampening", SGDOptions(0.02).momentum(0.9).dampening(0.3));
  optimiser<optim::SGD>(out, "SGD nesterov", SGDOptions(0.02).momentum(0.9).nesterov(true).weight_decay(0.1));
  optimiser<optim::Adam>(out, "Adam", AdamOptions(0.05));
  optimiser<optim::Adam>(out, "Adam all", AdamOptions(0.05).betas({0.8, 0.95}).eps(1e-3).weight_decay(0.2));
  optimiser<optim::Adam>(out, "Adam amsgrad",
                         AdamOptions(0.2).betas({0.5, 0.6}).amsgrad(true).weight_decay(0.2));
  optimiser<optim::AdamW>(out, "AdamW", AdamWOptions(0.05));
  optimiser<optim::AdamW>(out, "AdamW all",
                          AdamWOptions(0.05).betas({0.8, 0.95}).eps(1e-3).weight_decay(0.2));
  optimiser<optim::AdamW>(out, "AdamW amsgrad",
                          AdamWOptions(0.2).betas({0.5, 0.6}).amsgrad(true).weight_decay(0.2));
  optimiser<optim::Adagrad>(out, "Adagrad", AdagradOptions(0.3));
  optimiser<optim::Adagrad>(
      out, "Adagrad all",
      AdagradOptions(0.3).lr_decay(0.1).weight_decay(0.2).initial_accumulator_value(0.4).eps(1e-2));
  optimiser<optim::RMSprop>(out, "RMSprop", RMSpropOptions(0.02));
  optimiser<optim::RMSprop>(
      out, "RMSprop all",
      RMSpropOptions(0.02).alpha(0.8).eps(1e-2).weight_decay(0.2).momentum(0.7).centered(true));

  // L-BFGS amplifies rounding errors, and soon converges, so it runs fewer steps.
  const auto lbfgs = [&](const std::string& name, const optim::LBFGSOptions& options, int steps) {
    out[name] = trajectory(
        [&](std::vector<Tensor> parameters) { return std::make_unique<optim::LBFGS>(parameters, options); },
        steps);
  };
  lbfgs("LBFGS", optim::LBFGSOptions(0.2).max_iter(4), 6);
  lbfgs("LBFGS all", optim::LBFGSOptions(0.1).max_iter(6).max_eval(5).history_size(2).tolerance_grad(1e-3),
        8);
  lbfgs("LBFGS tolerance", optim::LBFGSOptions(0.3).tolerance_change(0.1), 6);
  lbfgs("LBFGS strong wolfe", optim::LBFGSOptions(1).max_iter(3).line_search_fn("strong_wolfe"), 4);
  lbfgs("LBFGS strong wolfe far", optim::LBFGSOptions(50).max_iter(2).line_search_fn("strong_wolfe"), 4);
  lbfgs("LBFGS strong wolfe near", optim::LBFGSOptions(0.001).max_iter(2).line_search_fn("strong_wolfe"), 4);
}

/// A schedule, and the functions that clip gradients.
inline void training_tools(Numbers& out) {
  Tensor p = vector64({1, 2, 3}).requires_grad_(true);
  optim::SGD sgd({p}, 0.5);
  optim::StepLR schedule(sgd, 2, 0.1);
  for (int epoch = 0; epoch < 7; ++epoch) {
    schedule.step();
    out["StepLR"].push_back(sgd.param_groups()[0].options().get_lr());
  }

  Tensor a = vector64({3, -4}).requires_grad_(true), b = vector64({12}).requires_grad_(true);
  (0.5 * (a * a).sum() + 0.5 * (b * b).sum()).backward();
  out["clip_grad_norm_"] = {nn::utils::clip_grad_norm_({a, b}, 6.5),
                            nn::utils::clip_grad_norm_({a, b}, 100, 1)};
  for (double number : numbers(a.grad())) out["clip_grad_norm_"].push_back(number);
  nn::utils::clip_grad_value_({a, b}, 1.75);
  out["clip_grad_value_"] = numbers(nn::utils::parameters_to_vector({a.grad(), b.grad()}));
}

}  // namespace reference
