#include "optim/adam.h"

#include <cmath>

#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::optim {

template <bool decoupled_decay>
void AdamOptionsOf<decoupled_decay>::validate() const {
  const auto [beta1, beta2] = betas();
  check(lr() >= 0, "Invalid learning rate: ", lr());
  check(eps() >= 0, "Invalid epsilon value: ", eps());
  check(beta1 >= 0 && beta1 < 1, "Invalid beta parameter at index 0: ", beta1);
  check(beta2 >= 0 && beta2 < 1, "Invalid beta parameter at index 1: ", beta2);
  check(weight_decay() >= 0, "Invalid weight_decay value: ", weight_decay());
}

namespace {

/// The formula in tensor ops, for amsgrad, which the kernel does not know.
void amsgrad_step(const AdamStep& step, const Tensor& gradient, AdamParamState& state,
                  const Tensor& parameter) {
  Tensor g = gradient;
  if (step.decoupled_decay)
    parameter.mul_(1 - step.lr * step.weight_decay);
  else if (step.weight_decay != 0)
    g = g + step.weight_decay * parameter;
  zeros_at_first(state.max_exp_avg_sq, parameter);
  state.exp_avg.mul_(step.beta1).add_(g, 1 - step.beta1);
  state.exp_avg_sq.mul_(step.beta2).add_(g * g, 1 - step.beta2);
  state.max_exp_avg_sq.copy_(maximum(state.max_exp_avg_sq, state.exp_avg_sq));
  const auto t = static_cast<double>(state.step);
  const double correction1 = 1 - std::pow(step.beta1, t), correction2 = 1 - std::pow(step.beta2, t);
  const Tensor root = sqrt(state.max_exp_avg_sq) / std::sqrt(correction2) + step.eps;
  parameter.sub_(state.exp_avg / root, step.lr / correction1);
}

}  // namespace

template <bool decoupled_decay>
void AdamOf<decoupled_decay>::update(const Options& options, std::span<const Item> items) {
  const auto [beta1, beta2] = options.betas();
  const AdamStep step{.lr = options.lr(),
                      .beta1 = beta1,
                      .beta2 = beta2,
                      .eps = options.eps(),
                      .weight_decay = options.weight_decay(),
                      .decoupled_decay = decoupled_decay};
  tensors_.clear();
  for (const auto& [parameter, gradient, state] : items) {
    zeros_at_first(state.exp_avg, parameter);
    zeros_at_first(state.exp_avg_sq, parameter);
    ++state.step;
    if (options.amsgrad()) {
      amsgrad_step(step, gradient, state, parameter);
      continue;
    }
    tensors_.push_back({.gradient = &gradient.raw(),
                        .first_moment = &state.exp_avg.raw(),
                        .second_moment = &state.exp_avg_sq.raw(),
                        .parameter = &parameter.raw(),
                        .step = state.step});
    bump_version(parameter);
  }
  if (!tensors_.empty()) kernels_of(items[0].parameter).adam(step, tensors_);
}

template struct AdamOptionsOf<false>;
template struct AdamOptionsOf<true>;
template class AdamOf<false>;
template class AdamOf<true>;

}  // namespace gradus::optim
