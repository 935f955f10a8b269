// AdamW, and the step of Adam and AdamW with amsgrad.
#include "optim/others/adamw.h"

#include <cmath>

#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::optim {

void Adam::update_amsgrad(const AdamStep& step, std::span<const Item> items) {
  // All that takes memory is computed before anything changes.
  std::vector<AdamParamState> next;
  std::vector<Tensor> directions;
  const double decay = step.decoupled_decay ? 0 : step.weight_decay;
  for (const auto& [p, gradient, state] : items) {
    AdamParamState& s = next.emplace_back(state);
    for (Tensor* x : {&s.exp_avg, &s.exp_avg_sq, &s.max_exp_avg_sq}) zeros_at_first(*x, p);
    ++s.step;
    const Tensor g = decay == 0 ? gradient : gradient + decay * p;
    s.exp_avg = s.exp_avg.mul(step.beta1).add_(g, 1 - step.beta1);
    s.exp_avg_sq = s.exp_avg_sq.mul(step.beta2).add_(g * g, 1 - step.beta2);
    s.max_exp_avg_sq = maximum(s.max_exp_avg_sq, s.exp_avg_sq);
    const double correction2 = 1 - std::pow(step.beta2, s.step);
    directions.push_back(s.exp_avg / (sqrt(s.max_exp_avg_sq) / std::sqrt(correction2) + step.eps));
  }
  for (size_t i = 0; i < items.size(); ++i) {
    const Tensor& p = items[i].parameter;
    if (step.decoupled_decay) p.mul_(1 - step.lr * step.weight_decay);
    p.sub_(directions[i], step.lr / (1 - std::pow(step.beta1, next[i].step)));
    items[i].state = std::move(next[i]);
  }
}

AdamW::AdamW(std::vector<OptimizerParamGroup> groups, const AdamWOptions& defaults)
    : Adam(std::move(groups), defaults) {
  decoupled_decay_ = true;
}
AdamW::AdamW(std::vector<Tensor> parameters, const AdamWOptions& defaults)
    : Adam(std::move(parameters), defaults) {
  decoupled_decay_ = true;
}

}  // namespace gradus::optim
