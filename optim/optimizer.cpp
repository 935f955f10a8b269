#include "optim/optimizer.h"

#include <typeinfo>
#include <unordered_set>

#include "tensor/create.h"

namespace gradus::optim {

Optimizer::Optimizer(std::vector<OptimizerParamGroup> groups, std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
  defaults_->validate();
  check(!groups.empty(), "optimizer got an empty parameter list");
  for (OptimizerParamGroup& group : groups) add_param_group(std::move(group));
}

void Optimizer::zero_grad(bool set_to_none) {
  for (const OptimizerParamGroup& group : param_groups_)
    for (const Tensor& parameter : group.params()) {
      Tensor& gradient = parameter.mutable_grad();
      if (set_to_none)
        gradient.reset();
      else if (gradient.defined())
        gradient.detach_().zero_();
    }
}

size_t Optimizer::size() const noexcept {
  size_t count = 0;
  for (const OptimizerParamGroup& group : param_groups_) count += group.params().size();
  return count;
}

void Optimizer::add_param_group(OptimizerParamGroup group) {
  check(!group.params().empty(), "optimizer got an empty parameter list");
  if (!group.has_options()) group.set_options(defaults_->clone());
  const OptimizerOptions &given = group.options(), &expected = *defaults_;
  check(typeid(given) == typeid(expected), "the options of a param group are those of another optimizer");
  given.validate();
  std::unordered_set<const TensorImpl*> known;
  for (const OptimizerParamGroup& other : param_groups_)
    for (const Tensor& parameter : other.params()) known.insert(&parameter.impl());
  for (const Tensor& parameter : group.params()) {
    check(parameter.defined(), "can't optimize an undefined tensor");
    check(parameter.is_leaf(), "can't optimize a non-leaf Tensor: this one of shape ",
          text(parameter.sizes()),
          " is the result of an op; optimise what it was computed from, or its detach()");
    check(parameter.is_floating_point(), "can't optimize a tensor of ", parameter.dtype());
    check(known.insert(&parameter.impl()).second,
          "some parameters appear in more than one parameter group, or twice in one");
  }
  param_groups_.push_back(std::move(group));
}

void check_fits(const char* what, const Tensor& x, const Tensor& parameter) {
  if (x.raw().same_sizes(parameter.raw()) && x.dtype() == parameter.dtype() &&
      x.device() == parameter.device())
    return;
  fail("optimizer: a parameter is ", parameter.dtype(), " ", text(parameter.sizes()), " on ",
       parameter.device(), ", but its ", what, " is ", x.dtype(), " ", text(x.sizes()), " on ", x.device(),
       "; change parameters (to, set_data) before the optimizer's first step");
}

void zeros_at_first(Tensor& state, const Tensor& parameter) {
  if (state.defined())
    check_fits("state", state, parameter);
  else
    state = zeros_like(parameter);
}

}  // namespace gradus::optim
