// How alike two vectors are: cosines, distances and directions.
#pragma once

#include "nn/function_layer.h"

namespace gradus {

/// x / max(‖x‖ₚ, eps) of the vectors along dim.
Tensor normalize(const Tensor& x, double p = 2, int64_t dim = 1, double eps = 1e-12);

/// The cosine of the angle between the vectors of a and of b along dim, which broadcast. Lengths below eps count as eps,
/// so a vector of zeros has the cosine 0.
Tensor cosine_similarity(const Tensor& a, const Tensor& b, int64_t dim = 1, double eps = 1e-8);

/// ‖a - b + eps‖ₚ of the vectors along the last dimension, which broadcast. eps keeps the derivative finite where a = b.
Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p = 2, double eps = 1e-6,
                         bool keepdim = false);

namespace nn {

struct NormalizeOptions {
  Tensor operator()(const Tensor& x) const { return gradus::normalize(x, p_, dim_, eps_); }
  GRADUS_ARG(double, p) = 2;
  GRADUS_ARG(int64_t, dim) = 1;
  GRADUS_ARG(double, eps) = 1e-12;
};
namespace functional {
using NormalizeFuncOptions = NormalizeOptions;
/// gradus::normalize with its options as one argument.
inline constexpr FunctionWithOptions<&NormalizeOptions::operator()> normalize{};
}  // namespace functional

struct CosineSimilarityOptions {
  Tensor operator()(const Tensor& a, const Tensor& b) const {
    return gradus::cosine_similarity(a, b, dim_, eps_);
  }
  void fields(auto& field) const { field("dim", dim_)("eps", eps_); }
  GRADUS_ARG(int64_t, dim) = 1;
  GRADUS_ARG(double, eps) = 1e-8;
};
GRADUS_LAYER(CosineSimilarity, cosine_similarity, CosineSimilarityOptions);

struct PairwiseDistanceOptions {
  Tensor operator()(const Tensor& a, const Tensor& b) const {
    return gradus::pairwise_distance(a, b, p_, eps_, keepdim_);
  }
  void fields(auto& field) const { field("p", p_)("eps", eps_)("keepdim", keepdim_); }
  GRADUS_ARG(double, p) = 2;
  GRADUS_ARG(double, eps) = 1e-6;
  GRADUS_ARG(bool, keepdim) = false;
};
GRADUS_LAYER(PairwiseDistance, pairwise_distance, PairwiseDistanceOptions);

}  // namespace nn
}  // namespace gradus
