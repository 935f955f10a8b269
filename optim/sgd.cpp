#include "optim/sgd.h"

namespace gradus::optim {

SGDOptions::SGDOptions(double lr) : lr_(lr) {}

void SGDOptions::validate() const {
  check(lr() >= 0, "Invalid learning rate: ", lr());
  check(momentum() >= 0, "Invalid momentum value: ", momentum());
  check(weight_decay() >= 0, "Invalid weight_decay value: ", weight_decay());
  check(!nesterov() || (momentum() > 0 && dampening() == 0),
        "Nesterov momentum requires a momentum and zero dampening");
}

void SGD::update(const SGDOptions& options, std::span<const Item> items) {
  const bool has_momentum = options.momentum() != 0;
  tensors_.clear();
  for (const auto& [parameter, gradient, state] : items) {
    const bool first = !state.momentum_buffer.defined();
    if (has_momentum) zeros_at_first(state.momentum_buffer, parameter);
    tensors_.push_back({.gradient = &gradient.raw(),
                        .momentum_buffer = has_momentum ? &state.momentum_buffer.raw() : nullptr,
                        .parameter = &parameter.raw(),
                        .first = first});
    bump_version(parameter);
  }
  const SgdStep step{.lr = options.lr(),
                     .momentum = options.momentum(),
                     .dampening = options.dampening(),
                     .weight_decay = options.weight_decay(),
                     .nesterov = options.nesterov()};
  kernels_of(items[0].parameter).sgd(step, tensors_);
}

}  // namespace gradus::optim
