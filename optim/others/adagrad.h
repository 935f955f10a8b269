// Adagrad: the step of an element shrinks as the sum of its squared gradients grows. So elements
// whose gradient is rarely nonzero keep long steps. With gradient g of parameter p, and t counting
// the steps from 1:
//
//     g ← g + weight_decay · p
//     s ← s + g²                                      (s starts at initial_accumulator_value)
//     p ← p - lr / (1 + (t - 1) lr_decay) · g / (√s + ε)
//
// Source: Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning" (2011).
#pragma once

#include "optim/optimizer.h"

namespace gradus::optim {

struct AdagradOptions : OptimizerCloneableOptions<AdagradOptions> {
  AdagradOptions(double lr = 1e-2);  // NOLINT: Adagrad(parameters, 0.1)
  void validate() const override;
  void fields(Fields& fields) override {
    fields("lr", lr_)("lr_decay", lr_decay_)("weight_decay", weight_decay_)(
        "initial_accumulator_value", initial_accumulator_value_)("eps", eps_);
  }
  GRADUS_ARG(double, lr);  // 1e-2 if not given
  GRADUS_ARG(double, lr_decay) = 0;
  GRADUS_ARG(double, weight_decay) = 0;
  GRADUS_ARG(double, initial_accumulator_value) = 0;
  GRADUS_ARG(double, eps) = 1e-10;
};

struct AdagradParamState {
  int64_t step = 0;  // counts from 1
  Tensor sum;        // of all g²
  void fields(Fields& fields) { fields("step", step)("sum", sum); }
};

class Adagrad final : public PerParameterOptimizer<AdagradOptions, AdagradParamState> {
 public:
  using PerParameterOptimizer::PerParameterOptimizer;

 private:
  void update(const AdagradOptions& options, std::span<const Item> items) override;
};

}  // namespace gradus::optim
