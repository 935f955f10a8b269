// One step of an optimiser for one element, on every device. The formulas are in
// optim/sgd.h and optim/adam.h.
#pragma once

#include <cmath>

#include "kernels/formulas.h"

namespace gradus {

/// (p, g, b) → p - lr b with b = momentum b + (1 - dampening) g. Without a buffer it is p - lr g.
template <class T>
struct SgdRule {
  T lr, momentum, kept, decay;
  bool nesterov, first;

  SgdRule() = default;
  SgdRule(const SgdStep& step, const SgdTensors& tensors)
      : lr(static_cast<T>(step.lr)),
        momentum(static_cast<T>(step.momentum)),
        kept(static_cast<T>(1 - step.dampening)),
        decay(static_cast<T>(step.weight_decay)),
        nesterov(step.nesterov),
        first(tensors.first) {}

  GRADUS_BOTH void operator()(T& p, const T& g) const { p -= lr * (decay == 0 ? g : g + decay * p); }
  GRADUS_BOTH void operator()(T& p, const T& gradient_of_p, T& buffer) const {
    const T g = decay == 0 ? gradient_of_p : gradient_of_p + decay * p;
    buffer = first ? g : momentum * buffer + kept * g;
    p -= lr * (nesterov ? g + momentum * buffer : buffer);
  }
};

/// (p, g, m, v) → p - lr m̂ / (√v̂ + ε), with the moments' bias corrected.
template <class T>
struct AdamRule {
  T beta1, new1, beta2, new2, eps, step_size, root_correction2, decay, shrink;

  AdamRule() = default;
  AdamRule(const AdamStep& step, const AdamTensors& tensors) {
    const double t = static_cast<double>(tensors.step);
    const double correction1 = 1 - std::pow(step.beta1, t), correction2 = 1 - std::pow(step.beta2, t);
    beta1 = static_cast<T>(step.beta1), new1 = static_cast<T>(1 - step.beta1);
    beta2 = static_cast<T>(step.beta2), new2 = static_cast<T>(1 - step.beta2);
    eps = static_cast<T>(step.eps), step_size = static_cast<T>(step.lr / correction1);
    root_correction2 = static_cast<T>(std::sqrt(correction2));
    decay = step.decoupled_decay ? T(0) : static_cast<T>(step.weight_decay);
    shrink = step.decoupled_decay ? static_cast<T>(1 - step.lr * step.weight_decay) : T(1);
  }

  GRADUS_BOTH void operator()(T& p, const T& gradient_of_p, T& m, T& v) const {
    const T g = decay == 0 ? gradient_of_p : gradient_of_p + decay * p;
    m = beta1 * m + new1 * g;
    v = beta2 * v + new2 * g * g;
    p = shrink * p - step_size * m / (std::sqrt(v) / root_correction2 + eps);
  }
};

}  // namespace gradus
