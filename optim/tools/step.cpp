// An optimiser's step as a part of a program, see docs/programs.md.
#include "optim/optimizer.h"

namespace gradus::optim {

void Optimizer::make_step() {
  const Kernels& kernels = kernels_for(kCPU);
  if (!kernels.host_work) [[likely]]
    return update_groups();
  std::vector<std::pair<Tensor, Tensor>> captured;  // each parameter and its gradient
  for (const OptimizerParamGroup& group : param_groups_)
    for (const Tensor& parameter : group.params()) captured.emplace_back(parameter, parameter.grad());
  kernels.host_work("step", [this, ended = lifetime_.ended, captured] {
    check(!*ended, "replay: the optimizer whose step was captured was moved or destroyed");
    for (const auto& [parameter, gradient] : captured)
      check(parameter.grad().is_same(gradient), "replay: the .grad of a parameter of shape ",
            text(parameter.sizes()),
            " is not the one of the capture; clear gradients with zero_grad(false), ",
            "or call zero_grad() inside of the captured step");
    update_groups();
  });
}

}  // namespace gradus::optim
