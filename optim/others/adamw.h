// AdamW: Adam with weight decay on the parameter instead of the gradient. The formulas are in optim/adam.h.
#pragma once

#include "optim/adam.h"

namespace gradus::optim {

/// AdamOptions with weight_decay 0.01 by default. The setters return an AdamOptions&, which converts back.
struct AdamWOptions : AdamOptions {
  AdamWOptions(double lr = 1e-3) : AdamOptions(lr) { weight_decay(1e-2); }  // NOLINT
  AdamWOptions(const AdamOptions& options) : AdamOptions(options) {}        // NOLINT
  std::unique_ptr<OptimizerOptions> clone() const override { return std::make_unique<AdamWOptions>(*this); }
};

class AdamW final : public Adam {
 public:
  explicit AdamW(std::vector<OptimizerParamGroup> groups, const AdamWOptions& defaults = {});
  explicit AdamW(std::vector<Tensor> parameters, const AdamWOptions& defaults = {});
};

}  // namespace gradus::optim
