// AdamW, and the step of Adam and AdamW with amsgrad.
#include "optim/others/adamw.h"

#include <cmath>

#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::optim {

void amsgrad_step(const AdamStep& step, const Tensor& gradient, AdamParamState& state, const Tensor& p) {
  zeros_at_first(state.max_exp_avg_sq, p);
  const Tensor &m = state.exp_avg, &v = state.exp_avg_sq, &largest_v = state.max_exp_avg_sq;
  const double decay = step.decoupled_decay ? 0 : step.weight_decay;
  const double correction1 = 1 - std::pow(step.beta1, state.step),
               correction2 = 1 - std::pow(step.beta2, state.step);

  const Tensor g = decay == 0 ? gradient : gradient + decay * p;
  m.mul_(step.beta1).add_(g, 1 - step.beta1);
  v.mul_(step.beta2).add_(g * g, 1 - step.beta2);
  largest_v.copy_(maximum(largest_v, v));
  const Tensor root = sqrt(largest_v) / std::sqrt(correction2) + step.eps;
  if (step.decoupled_decay) p.mul_(1 - step.lr * step.weight_decay);
  p.sub_(m / root, step.lr / correction1);
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
