#include "optim/adam.h"

#include "tensor/create.h"

namespace gradus::optim {

AdamOptions::AdamOptions(double lr) : lr_(lr) {}

void AdamOptions::validate() const {
  const auto [beta1, beta2] = betas();
  check(lr() >= 0, "Invalid learning rate: ", lr());
  check(eps() >= 0, "Invalid epsilon value: ", eps());
  check(beta1 >= 0 && beta1 < 1, "Invalid beta parameter at index 0: ", beta1);
  check(beta2 >= 0 && beta2 < 1, "Invalid beta parameter at index 1: ", beta2);
  check(weight_decay() >= 0, "Invalid weight_decay value: ", weight_decay());
}

void Adam::update(const AdamOptions& options, std::span<const Item> items) {
  const auto [beta1, beta2] = options.betas();
  const AdamStep step{.lr = options.lr(),
                      .beta1 = beta1,
                      .beta2 = beta2,
                      .eps = options.eps(),
                      .weight_decay = options.weight_decay(),
                      .decoupled_decay = decoupled_decay_};
  if (options.amsgrad()) return update_amsgrad(step, items);
  // Allocates first: if memory runs out, no step is counted.
  for (const auto& [parameter, gradient, state] : items) {
    zeros_at_first(state.exp_avg, parameter);
    zeros_at_first(state.exp_avg_sq, parameter);
  }
  tensors_.clear();
  tensors_.reserve(items.size());
  for (const auto& [parameter, gradient, state] : items) {
    tensors_.push_back({.gradient = &gradient.raw(),
                        .first_moment = &state.exp_avg.raw(),
                        .second_moment = &state.exp_avg_sq.raw(),
                        .parameter = &parameter.raw(),
                        .step = ++state.step});
    bump_version(parameter);
  }
  kernels_of(items[0].parameter).adam(step, tensors_);
}

}  // namespace gradus::optim
