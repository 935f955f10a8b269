// An optimiser's step as a part of a program, see docs/programs.md.
#include "optim/optimizer.h"
#include "tensor/program/recording.h"

namespace gradus::optim {

namespace {

/// A parameter and the gradient that it had in the capture.
struct CapturedParameter {
  Tensor parameter, gradient;
  bool is_made_by_step;  // the captured step itself made the gradient

  /// Lets .grad be what it is at this place of the step.
  void restore_gradient() const {
    if (is_made_by_step) parameter.mutable_grad() = gradient;
    check(parameter.grad().is_same(gradient), "replay: the .grad of a parameter of shape ",
          text(parameter.sizes()), " is not the one of the capture; clear gradients with zero_grad(false), ",
          "or call zero_grad() inside of the captured step");
  }
};

bool is_made_by_captured_step(const Tensor& x) {
  return x.defined() && programs::capturing && programs::capturing->memory.find(x.raw().data).block;
}

}  // namespace

void Optimizer::make_step() {
  const Kernels& kernels = kernels_for(kCPU);
  if (!kernels.host_work) [[likely]]
    return update_groups();
  std::vector<CapturedParameter> captured;
  for (const OptimizerParamGroup& group : param_groups_)
    for (const Tensor& parameter : group.params())
      captured.push_back({parameter, parameter.grad(), is_made_by_captured_step(parameter.grad())});
  kernels.host_work("step", [this, ended = lifetime_.ended, captured] {
    check(!*ended, "replay: the optimizer whose step was captured was moved or destroyed");
    for (const CapturedParameter& one : captured) one.restore_gradient();
    update_groups();
  });
}

}  // namespace gradus::optim
