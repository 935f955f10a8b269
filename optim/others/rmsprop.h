// RMSprop: the gradient divided by the root of its own running mean square. With gradient g
// of parameter p:
//
//     g ← g + weight_decay · p
//     v ← α v + (1 - α) g²
//     d = √v + ε                                      (centered: m ← α m + (1 - α) g, d = √(v - m²) + ε)
//     b ← momentum · b + g / d                        (only with momentum; else b = g / d)
//     p ← p - lr · b
//
// Source: Tieleman & Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning (2012);
// centered: Graves, "Generating sequences with recurrent neural networks" (2013).
#pragma once

#include "optim/optimizer.h"

namespace gradus::optim {

struct RMSpropOptions : OptimizerCloneableOptions<RMSpropOptions> {
  RMSpropOptions(double lr = 1e-2);  // NOLINT: RMSprop(parameters, 0.01)
  void validate() const override;
  void fields(Fields& fields) override {
    fields("lr", lr_)("alpha", alpha_)("eps", eps_)("weight_decay", weight_decay_)("momentum", momentum_)(
        "centered", centered_);
  }
  GRADUS_ARG(double, lr);  // 1e-2 if not given
  GRADUS_ARG(double, alpha) = 0.99;
  GRADUS_ARG(double, eps) = 1e-8;
  GRADUS_ARG(double, weight_decay) = 0;
  GRADUS_ARG(double, momentum) = 0;
  GRADUS_ARG(bool, centered) = false;
};

struct RMSpropParamState {
  Tensor square_avg, grad_avg, momentum_buffer;  // v, m and b
  void fields(Fields& fields) {
    fields("square_avg", square_avg)("grad_avg", grad_avg)("momentum_buffer", momentum_buffer);
  }
};

class RMSprop final : public PerParameterOptimizer<RMSpropOptions, RMSpropParamState> {
 public:
  using PerParameterOptimizer::PerParameterOptimizer;

 private:
  void update(const RMSpropOptions& options, std::span<const Item> items) override;
};

}  // namespace gradus::optim
