// More losses: margins between scores or between distances, and the likelihood of counts.
#pragma once

#include "nn/layers/similarity.h"
#include "nn/losses.h"

namespace gradus {

/// ln(1 + e^(-y x)), for targets y of 1 and -1.
Tensor soft_margin_loss(const Tensor& x, const Tensor& y, nn::LossReduction reduction = kMean);

/// Of each row of scores x with the class t: Σ max(0, margin - x_t + xᵢ)ᵖ / C over the other classes i ≠ t, times
/// weight[t]. Shapes: x (N, C) and target (N), or x (C) and target (); weight (C).
/// Error unless p is 1 or 2 and each target is one of 0 … C - 1.
Tensor multi_margin_loss(const Tensor& x, const Tensor& target, int64_t p = 1, double margin = 1,
                         const Tensor& weight = {}, nn::LossReduction reduction = kMean);

/// max(0, ‖a - p‖ - ‖a - n‖ + margin): p should be nearer to the anchor a than n is. Distances as in
/// pairwise_distance. With swap, ‖p - n‖ takes the place of ‖a - n‖ where it is smaller.
/// Source: Balntas et al., "Learning local feature descriptors with triplets and shallow CNNs" (2016).
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           double margin = 1, double p = 2, double eps = 1e-6, bool swap = false,
                           nn::LossReduction reduction = kMean);

/// λ - y ln λ for counts y with Poisson distributions of mean λ. With log_input, x is ln λ; without, x is λ, and eps
/// keeps its logarithm finite. With full, y ln y - y + ½ ln(2πy) is added where y > 1: Stirling's ln y!.
Tensor poisson_nll_loss(const Tensor& x, const Tensor& y, bool log_input = true, bool full = false,
                        double eps = 1e-8, nn::LossReduction reduction = kMean);

namespace nn {

using SoftMarginLossOptions = LossOptions<gradus::soft_margin_loss>;
GRADUS_LAYER(SoftMarginLoss, soft_margin_loss, SoftMarginLossOptions);

struct MultiMarginLossOptions {
  Tensor operator()(const Tensor& x, const Tensor& target) const {
    return gradus::multi_margin_loss(x, target, p_, margin_, weight_, reduction_);
  }
  void fields(auto& field) const { field("p", p_)("margin", margin_); }
  GRADUS_ARG(int64_t, p) = 1;
  GRADUS_ARG(double, margin) = 1;
  GRADUS_ARG(Tensor, weight) = {};
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
GRADUS_LAYER(MultiMarginLoss, multi_margin_loss, MultiMarginLossOptions);

struct TripletMarginLossOptions {
  Tensor operator()(const Tensor& anchor, const Tensor& positive, const Tensor& negative) const {
    return gradus::triplet_margin_loss(anchor, positive, negative, margin_, p_, eps_, swap_, reduction_);
  }
  void fields(auto& field) const { field("margin", margin_)("p", p_)("eps", eps_)("swap", swap_); }
  GRADUS_ARG(double, margin) = 1;
  GRADUS_ARG(double, p) = 2;
  GRADUS_ARG(double, eps) = 1e-6;
  GRADUS_ARG(bool, swap) = false;
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
GRADUS_LAYER(TripletMarginLoss, triplet_margin_loss, TripletMarginLossOptions);

struct PoissonNLLLossOptions {
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return gradus::poisson_nll_loss(x, y, log_input_, full_, eps_, reduction_);
  }
  GRADUS_ARG(bool, log_input) = true;
  GRADUS_ARG(bool, full) = false;
  GRADUS_ARG(double, eps) = 1e-8;
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
GRADUS_LAYER(PoissonNLLLoss, poisson_nll_loss, PoissonNLLLossOptions);

}  // namespace nn
}  // namespace gradus
