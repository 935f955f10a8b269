#include "optim/sgd.h"

namespace gradus::optim {

void SGDOptions::validate() const {
  check(lr() >= 0, "Invalid learning rate: ", lr());
  check(momentum() >= 0, "Invalid momentum value: ", momentum());
  check(weight_decay() >= 0, "Invalid weight_decay value: ", weight_decay());
  check(!nesterov() || (momentum() > 0 && dampening() == 0),
        "Nesterov momentum requires a momentum and zero dampening");
}

void SGD::update(const SGDOptions& options, SGDParamState& state, const Tensor& gradient,
                 const Tensor& parameter) {
  const bool first = !state.momentum_buffer.defined();
  if (options.momentum() != 0) zeros_at_first(state.momentum_buffer, parameter);
  const SgdStep step{.lr = options.lr(),
                     .momentum = options.momentum(),
                     .dampening = options.dampening(),
                     .weight_decay = options.weight_decay(),
                     .nesterov = options.nesterov(),
                     .first = first};
  const View buffer =
      options.momentum() != 0 ? state.momentum_buffer.raw() : View{};  // no memory: no momentum
  kernels_of(parameter).sgd(step, gradient.raw(), buffer, parameter.raw());
  bump_version(parameter);
}

}  // namespace gradus::optim
