// Losses that compare two things. The target y is 1 or -1. In the two embedding losses, 1 says that the
// things belong together.
#pragma once

#include "nn/losses.h"

namespace gradus {

/// x where y = 1, max(0, margin - x) where y = -1, for distances x.
Tensor hinge_embedding_loss(const Tensor& x, const Tensor& y, double margin = 1,
                            nn::LossReduction reduction = kMean);

/// max(0, margin - y (a - b)), where y = 1 if a should be the larger one, and -1 if b should.
Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& y, double margin = 0,
                           nn::LossReduction reduction = kMean);

/// 1 - cos(a, b) where y = 1, max(0, cos(a, b) - margin) where y = -1. A zero vector has the cosine 0.
/// Shapes: a, b (N, D) and y (N), or a, b (D) and y ().
Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& y, double margin = 0,
                             nn::LossReduction reduction = kMean);

namespace nn {

struct HingeEmbeddingLossOptions {
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return gradus::hinge_embedding_loss(x, y, margin_, reduction_);
  }
  void fields(auto& field) const { field("margin", margin_); }
  GRADUS_ARG(double, margin) = 1;
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
GRADUS_LAYER(HingeEmbeddingLoss, hinge_embedding_loss, HingeEmbeddingLossOptions);

/// Options of a loss of two inputs and a target.
template <Tensor (*loss)(const Tensor&, const Tensor&, const Tensor&, double, LossReduction)>
struct MarginLossOptions {
  Tensor operator()(const Tensor& a, const Tensor& b, const Tensor& y) const {
    return loss(a, b, y, margin_, reduction_);
  }
  void fields(auto& field) const { field("margin", margin_); }
  GRADUS_ARG(double, margin) = 0;
  GRADUS_ARG(LossReduction, reduction) = kMean;
};
using MarginRankingLossOptions = MarginLossOptions<gradus::margin_ranking_loss>;
GRADUS_LAYER(MarginRankingLoss, margin_ranking_loss, MarginRankingLossOptions);
using CosineEmbeddingLossOptions = MarginLossOptions<gradus::cosine_embedding_loss>;
GRADUS_LAYER(CosineEmbeddingLoss, cosine_embedding_loss, CosineEmbeddingLossOptions);

}  // namespace nn
}  // namespace gradus
