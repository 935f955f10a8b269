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
  // All that takes memory is computed before anything changes.
  std::vector<RMSpropParamState> next;
  std::vector<Tensor> directions;
  const double alpha = options.alpha();
  for (const auto& [parameter, gradient, state] : items) {
    RMSpropParamState& s = next.emplace_back(state);
    zeros_at_first(s.square_avg, parameter);
    const Tensor g = options.weight_decay() == 0 ? gradient : gradient + options.weight_decay() * parameter;
    s.square_avg = s.square_avg.mul(alpha).add_(g * g, 1 - alpha);
    Tensor variance = s.square_avg;
    if (options.centered()) {
      zeros_at_first(s.grad_avg, parameter);
      s.grad_avg = s.grad_avg.mul(alpha).add_(g, 1 - alpha);
      variance = variance - s.grad_avg.square();
    }
    Tensor direction = g / (sqrt(variance) + options.eps());
    if (options.momentum() > 0) {
      zeros_at_first(s.momentum_buffer, parameter);
      direction = s.momentum_buffer = s.momentum_buffer.mul(options.momentum()).add_(direction);
    }
    directions.push_back(direction);
  }
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].state = std::move(next[i]);
    items[i].parameter.sub_(directions[i], options.lr());
  }
}

}  // namespace gradus::optim
