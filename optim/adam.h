// Adam and AdamW: every element moves by about lr per step, whatever the gradient's scale. With
// gradient g of parameter p, and t counting the steps from 1:
//
//     g ← g + weight_decay · p                       AdamW instead: p ← p - lr · weight_decay · p
//     m ← β₁ m + (1 - β₁) g                          running mean of g
//     v ← β₂ v + (1 - β₂) g²                         running mean of g²
//     p ← p - lr · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε)
//
// m and v start at zero, so at first they are too small; the divisions by 1 - βᵗ correct this. With amsgrad,
// the last line uses the largest v so far instead of v. Without amsgrad, a kernel computes all four lines in
// one pass over memory (kernels/update_rules.h).
// Sources: Kingma & Ba, "Adam: A method for stochastic optimization" (2015); Loshchilov & Hutter,
// "Decoupled weight decay regularization" (2019), for AdamW; Reddi, Kale & Kumar, "On the
// convergence of Adam and beyond" (2018), for amsgrad.
#pragma once

#include <tuple>

#include "optim/optimizer.h"

namespace gradus::optim {

struct AdamOptions : OptimizerCloneableOptions<AdamOptions> {
  using betas_t = std::tuple<double, double>;
  AdamOptions(double lr = 1e-3);  // NOLINT: Adam(parameters, 0.01)
  void validate() const override;
  void fields(Fields& fields) override {
    fields("lr", lr_)("betas", betas_)("eps", eps_)("weight_decay", weight_decay_)("amsgrad", amsgrad_);
  }
  GRADUS_ARG(double, lr);  // 1e-3 if not given
  GRADUS_ARG(betas_t, betas) = {0.9, 0.999};
  GRADUS_ARG(double, eps) = 1e-8;
  GRADUS_ARG(double, weight_decay) = 0;
  GRADUS_ARG(bool, amsgrad) = false;
};

struct AdamParamState {
  int64_t step = 0;            // t
  Tensor exp_avg, exp_avg_sq;  // m and v
  Tensor max_exp_avg_sq;       // only with amsgrad
  void fields(Fields& fields) {
    fields("step", step)("exp_avg", exp_avg)("exp_avg_sq", exp_avg_sq)("max_exp_avg_sq", max_exp_avg_sq);
  }
};

class Adam : public PerParameterOptimizer<AdamOptions, AdamParamState> {
 public:
  using PerParameterOptimizer::PerParameterOptimizer;

 protected:
  bool decoupled_decay_ = false;  // true in AdamW

 private:
  void update(const AdamOptions& options, std::span<const Item> items) override;
  /// A step with amsgrad, written in tensor ops: optim/others/adamw.cpp.
  void update_amsgrad(const AdamStep& step, std::span<const Item> items);
  std::vector<AdamTensors> tensors_;  // the kernel's arguments; a member, so that steps allocate nothing
};

}  // namespace gradus::optim
