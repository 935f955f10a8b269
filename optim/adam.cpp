#include "optim/adam.h"

#include <cmath>

#include "tensor/create.h"
#include "tensor/indexing.h"

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

namespace {

/// The formula in tensor ops, with amsgrad. Without amsgrad the kernel computes the same in one pass.
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

}  // namespace

void Adam::update(const AdamOptions& options, std::span<const Item> items) {
  const auto [beta1, beta2] = options.betas();
  const AdamStep step{.lr = options.lr(),
                      .beta1 = beta1,
                      .beta2 = beta2,
                      .eps = options.eps(),
                      .weight_decay = options.weight_decay(),
                      .decoupled_decay = decoupled_decay_};
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

AdamWOptions::AdamWOptions(double lr) : AdamOptions(lr) { weight_decay(1e-2); }
AdamWOptions::AdamWOptions(const AdamOptions& options) : AdamOptions(options) {}

std::unique_ptr<OptimizerOptions> AdamWOptions::clone() const {
  return std::make_unique<AdamWOptions>(*this);
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
