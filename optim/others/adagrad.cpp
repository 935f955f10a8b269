#include "optim/others/adagrad.h"

#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::optim {

AdagradOptions::AdagradOptions(double lr) : lr_(lr) {}

void AdagradOptions::validate() const {
  check(lr() >= 0, "Invalid learning rate: ", lr());
  check(lr_decay() >= 0, "Invalid lr_decay value: ", lr_decay());
  check(weight_decay() >= 0, "Invalid weight_decay value: ", weight_decay());
  check(initial_accumulator_value() >= 0,
        "Invalid initial_accumulator_value value: ", initial_accumulator_value());
  check(eps() >= 0, "Invalid epsilon value: ", eps());
}

void Adagrad::update(const AdagradOptions& options, std::span<const Item> items) {
  for (const auto& [parameter, gradient, state] : items) {
    if (!state.sum.defined()) state.sum = full_like(parameter, options.initial_accumulator_value());
    check_fits("state", state.sum, parameter);
    const Tensor g = options.weight_decay() == 0 ? gradient : gradient + options.weight_decay() * parameter;
    state.sum.add_(g * g);
    const double lr = options.lr() / (1 + static_cast<double>(state.step++) * options.lr_decay());
    parameter.sub_(g / (sqrt(state.sum) + options.eps()), lr);
  }
}

}  // namespace gradus::optim
