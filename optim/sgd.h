// Stochastic gradient descent. With gradient g of parameter p:
//
//     g ← g + weight_decay · p
//     b ← momentum · b + (1 - dampening) · g          (b = g at the first step; only with momentum)
//     p ← p - lr · b                                  (nesterov: p - lr · (g + momentum · b))
//
// A kernel computes all three lines in one pass over memory (kernels/update_rules.h).
// Sources: Robbins & Monro, "A stochastic approximation method" (1951), for p ← p - lr · g; Polyak,
// "Some methods of speeding up the convergence of iteration methods" (1964), for momentum;
// Nesterov, "A method … with convergence rate O(1/k²)" (1983), for nesterov, in the form of
// Sutskever et al. (2013).
#pragma once

#include "optim/optimizer.h"

namespace gradus::optim {

struct SGDOptions : OptimizerCloneableOptions<SGDOptions> {
  SGDOptions(double lr = 1e-3);  // NOLINT: SGD(parameters, 0.1)
  void validate() const override;
  void fields(Fields& fields) override {
    fields("lr", lr_)("momentum", momentum_)("dampening", dampening_)("weight_decay", weight_decay_)(
        "nesterov", nesterov_);
  }
  GRADUS_ARG(double, lr);  // 1e-3 if not given
  GRADUS_ARG(double, momentum) = 0;
  GRADUS_ARG(double, dampening) = 0;
  GRADUS_ARG(double, weight_decay) = 0;
  GRADUS_ARG(bool, nesterov) = false;  // needs momentum > 0 and dampening = 0
};

struct SGDParamState {
  Tensor momentum_buffer;  // undefined without momentum
  void fields(Fields& fields) { fields("momentum_buffer", momentum_buffer); }
};

class SGD final : public PerParameterOptimizer<SGDOptions, SGDParamState> {
 public:
  using PerParameterOptimizer::PerParameterOptimizer;

 private:
  void update(const SGDOptions& options, std::span<const Item> items) override;
  std::vector<SgdTensors> tensors_;  // the kernel's arguments; a member, so that steps allocate nothing
};

}  // namespace gradus::optim
