#include "optim/others/rmsprop.h"

#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::optim {

RMSpropOptions::RMSpropOptions(double lr) : lr_(lr) {}

void RMSpropOptions::validate() const {
  check(lr() >= 0, "Invalid learning rate: ", lr());
  check(eps() >= 0, "Invalid epsilon value: ", eps());
  check(momentum() >= 0, "Invalid momentum value: ", momentum());
  check(weight_decay() >= 0, "Invalid weight_decay value: ", weight_decay());
  check(alpha() >= 0, "Invalid alpha value: ", alpha());
}

void RMSprop::update(const RMSpropOptions& options, std::span<const Item> items) {
  const double alpha = options.alpha();
  for (const auto& [parameter, gradient, state] : items) {
    zeros_at_first(state.square_avg, parameter);
    const Tensor g = options.weight_decay() == 0 ? gradient : gradient + options.weight_decay() * parameter;
    state.square_avg.mul_(alpha).add_(g * g, 1 - alpha);
    Tensor variance = state.square_avg;
    if (options.centered()) {
      zeros_at_first(state.grad_avg, parameter);
      state.grad_avg.mul_(alpha).add_(g, 1 - alpha);
      variance = variance - state.grad_avg.square();
    }
    Tensor direction = g / (sqrt(variance) + options.eps());
    if (options.momentum() > 0) {
      zeros_at_first(state.momentum_buffer, parameter);
      direction = state.momentum_buffer.mul_(options.momentum()).add_(direction);
    }
    parameter.sub_(direction, options.lr());
  }
}

}  // namespace gradus::optim
