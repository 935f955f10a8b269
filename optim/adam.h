// Adam and AdamW: steps of about lr in every direction, whatever the gradient's scale. With gradient g at
// parameter p and t counting the steps from 1, all in one pass over memory:
//
//     Adam   g ← g + weight_decay · p                AdamW   p ← p - lr · weight_decay · p
//     m ← β₁ m + (1 - β₁) g                          running mean of g
//     v ← β₂ v + (1 - β₂) g²                         running mean of g²
//     p ← p - lr · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε)
//
// The divisions by 1 - βᵗ undo that m and v began at zero. With amsgrad the largest v so far takes v's place
// in the last line. Sources: Kingma & Ba, "Adam: A method for stochastic optimization" (2015); Loshchilov &
// Hutter, "Decoupled weight decay regularization" (2019), for AdamW; Reddi, Kale & Kumar, "On the convergence
// of Adam and beyond" (2018), for amsgrad.
#pragma once

#include <tuple>

#include "optim/optimizer.h"

namespace gradus::optim {

template <bool decoupled_decay>
struct AdamOptionsOf : OptimizerCloneableOptions<AdamOptionsOf<decoupled_decay>> {
  using betas_t = std::tuple<double, double>;
  AdamOptionsOf(double lr = 1e-3) : lr_(lr) {}  // NOLINT: Adam(parameters, 0.01)
  void validate() const override;
  void fields(Fields& fields) override {
    fields("lr", lr_)("betas", betas_)("eps", eps_)("weight_decay", weight_decay_)("amsgrad", amsgrad_);
  }
  GRADUS_ARG(double, lr);
  GRADUS_ARG(betas_t, betas) = {0.9, 0.999};
  GRADUS_ARG(double, eps) = 1e-8;
  GRADUS_ARG(double, weight_decay) = decoupled_decay ? 1e-2 : 0;
  GRADUS_ARG(bool, amsgrad) = false;
};
using AdamOptions = AdamOptionsOf<false>;
using AdamWOptions = AdamOptionsOf<true>;

struct AdamParamState {
  int64_t step = 0;
  Tensor exp_avg, exp_avg_sq;  // m and v
  Tensor max_exp_avg_sq;       // with amsgrad
  void fields(Fields& fields) {
    fields("step", step)("exp_avg", exp_avg)("exp_avg_sq", exp_avg_sq)("max_exp_avg_sq", max_exp_avg_sq);
  }
};

template <bool decoupled_decay>
class AdamOf final : public PerParameterOptimizer<AdamOptionsOf<decoupled_decay>, AdamParamState> {
 public:
  using Options = AdamOptionsOf<decoupled_decay>;
  using Base = PerParameterOptimizer<Options, AdamParamState>;
  using Base::Base;

 private:
  using Item = typename Base::Item;
  void update(const Options& options, std::span<const Item> items) override;
  std::vector<AdamTensors> tensors_;  // what the kernel is given; its memory is kept from step to step
};
using Adam = AdamOf<false>;
using AdamW = AdamOf<true>;

}  // namespace gradus::optim
