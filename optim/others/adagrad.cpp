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
  // All that takes memory is computed before anything changes.
  std::vector<AdagradParamState> next;
  std::vector<Tensor> directions;
  for (const auto& [parameter, gradient, state] : items) {
    AdagradParamState& s = next.emplace_back(state);
    if (!s.sum.defined()) s.sum = full_like(parameter, options.initial_accumulator_value());
    check_fits("state", s.sum, parameter);
    const Tensor g = options.weight_decay() == 0 ? gradient : gradient + options.weight_decay() * parameter;
    s.sum = s.sum + g * g;
    directions.push_back(g / (sqrt(s.sum) + options.eps()));
  }
  for (size_t i = 0; i < items.size(); ++i) {
    const double lr = options.lr() / (1 + static_cast<double>(next[i].step++) * options.lr_decay());
    items[i].state = std::move(next[i]);
    items[i].parameter.sub_(directions[i], lr);
  }
}

}  // namespace gradus::optim
