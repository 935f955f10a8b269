// Losses that measure a distance between numbers, with d = |x - y|. Shapes as in nn/losses.h.
#pragma once

#include "nn/losses.h"

namespace gradus {

/// d
Tensor l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean);

/// ½ d² / β where d < β, else d - ½ β. Error if β < 0.
Tensor smooth_l1_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean, double beta = 1);

/// ½ d² where d ≤ δ, else δ (d - ½ δ). Error unless δ > 0.
/// Source: Huber, "Robust estimation of a location parameter" (1964).
Tensor huber_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean, double delta = 1);

namespace nn {

using L1LossOptions = LossOptions<gradus::l1_loss>;
GRADUS_LAYER(L1Loss, l1_loss, L1LossOptions);

struct SmoothL1LossOptions {
  SmoothL1LossOptions(LossReduction reduction = kMean) : reduction_(reduction) {}  // NOLINT
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return gradus::smooth_l1_loss(x, y, reduction_, beta_);
  }
  GRADUS_ARG(LossReduction, reduction);  // kMean if not given
  GRADUS_ARG(double, beta) = 1;
};
GRADUS_LAYER(SmoothL1Loss, smooth_l1_loss, SmoothL1LossOptions);

struct HuberLossOptions {
  HuberLossOptions(LossReduction reduction = kMean) : reduction_(reduction) {}  // NOLINT
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return gradus::huber_loss(x, y, reduction_, delta_);
  }
  GRADUS_ARG(LossReduction, reduction);  // kMean if not given
  GRADUS_ARG(double, delta) = 1;
};
GRADUS_LAYER(HuberLoss, huber_loss, HuberLossOptions);

}  // namespace nn
}  // namespace gradus
